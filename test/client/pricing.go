package client

// ChildrenMax is how many tickets of type [Child] a booking may have.
const ChildrenMax = 2

// The ticket types of a priced sale. The first one is the default.
const (
	Adult = "Adult"
	Child = "Child"
)

var (
	categories  = []string{"Stalls", "Balcony"}
	ticketTypes = []string{Adult, Child}
)

// PriceOf returns what a ticket costs under a pricing, which has a number. No two pricings have
// a price in common. It is zero if the ticket is not sold.
func PriceOf(number int, category, ticketType string) int64 {
	prices := map[string]int64{
		categories[0] + Adult: 4000, categories[0] + Child: 2000,
		categories[1] + Adult: 3000, categories[1] + Child: 1000,
	}
	if base := prices[category+ticketType]; base > 0 {
		return base + int64(number)
	}
	return 0
}

// pricing is the body of a pricing.
func pricing(number int) object {
	var names, types, prices []object
	for _, category := range categories {
		names = append(names, object{"name": category})
		for _, t := range ticketTypes {
			prices = append(prices, object{"category": category, "ticketType": t, "amount": PriceOf(number, category, t)})
		}
	}
	for i, t := range ticketTypes {
		kind := object{"name": t, "default": i == 0}
		if t == Child {
			kind["maxPerBooking"] = ChildrenMax
		}
		types = append(types, kind)
	}
	return object{"currency": "EUR", "categories": names, "ticketTypes": types, "prices": prices}
}
