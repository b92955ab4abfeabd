package eventra_test

import (
	"slices"

	"github.com/eventra/eventra"
)

// modelPrices are prices by category and ticket type. Row 2 and the floor are the gallery. All
// prices grow with each change.
type modelPrices struct{ changes int64 }

// modelTicket is a ticket as it was sold.
type modelTicket struct {
	ticketType string
	amount     int64
}

// modelTypes are the ticket types in the organiser's order; the first one is the default.
var modelTypes = []struct {
	name            string
	least, most     int
	stalls, gallery int64 // 0: not sold
}{
	{"Adult", 1, 50, 1000, 700},
	{"Child", 1, 2, 500, 300},
	{"Group", 2, 4, 800, 0},
}

const (
	modelStalls  eventra.CategoryNo = 1
	modelGallery eventra.CategoryNo = 2
)

func (p *modelPrices) price(category eventra.CategoryNo, ticketType string) int64 {
	for _, t := range modelTypes {
		price := t.stalls
		if category == modelGallery {
			price = t.gallery
		}
		if t.name == ticketType && price > 0 {
			return price + p.changes
		}
	}
	return 0
}

func (m *model) categoryOf(ticket string) eventra.CategoryNo {
	if ticket == modelFloor || m.seatNamed(ticket).Row == "2" {
		return modelGallery
	}
	return modelStalls
}

var modelCategories = []string{"", "Stalls", "Gallery"}

func (p *modelPrices) hasCategory(name string) bool { return slices.Contains(modelCategories, name) }

// typesOf are the types that a hold asks for, by ticket, or what is wrong with them.
func (p *modelPrices) typesOf(cmd *eventra.HoldSeats) (types []string, wrong string) {
	if p == nil {
		return nil, ""
	}
	for range cmd.Seats {
		types = append(types, "Adult")
	}
	for _, item := range cmd.Items {
		if item.TicketType == "" {
			item.TicketType = "Adult"
		}
		types = append(types, slices.Repeat([]string{item.TicketType}, max(1, item.Quantity))...)
	}
	if cmd.Best != nil && cmd.Best.TicketTypes == nil {
		types = slices.Repeat([]string{"Adult"}, max(cmd.Best.Quantity, 0))
	} else if cmd.Best != nil {
		for _, t := range modelTypes {
			for _, wanted := range cmd.Best.TicketTypes {
				if wanted.Name == t.name {
					types = append(types, slices.Repeat([]string{t.name}, wanted.Count)...)
				}
			}
		}
		if len(types) < cmd.Best.Quantity {
			return nil, "refuse unknown_ticket_type"
		}
	}
	counted := 0
	for _, t := range modelTypes {
		n := 0
		for _, asked := range types {
			n += b2i(asked == t.name)
		}
		if counted += n; n > 0 && (n < t.least || n > t.most) {
			wrong = "refuse ticket_type_quantity"
		}
	}
	if counted < len(types) {
		wrong = "refuse unknown_ticket_type"
	}
	return types, wrong
}

// sells reports whether tickets of all the types are sold for a seat or place, in a category unless it is empty.
func (m *model) sells(ticket, category string, types []string) bool {
	if m.prices == nil {
		return true
	}
	no := m.categoryOf(ticket)
	return (category == "" || modelCategories[no] == category) && !slices.ContainsFunc(types, func(t string) bool { return m.prices.price(no, t) == 0 })
}

func (p *modelPrices) pricing() *eventra.Pricing {
	out := &eventra.Pricing{Version: 1 + p.changes, Currency: "EUR", Categories: []eventra.Category{{No: 1, Name: "Stalls"}, {No: 2, Name: "Gallery"}}}
	for i, t := range modelTypes {
		out.TicketTypes = append(out.TicketTypes, eventra.TicketType{No: eventra.TicketTypeNo(i + 1), Name: t.name, Default: i == 0,
			MinPerBooking: t.least, MaxPerBooking: t.most})
		for no, category := range modelCategories[1:] {
			if price := p.price(eventra.CategoryNo(no+1), t.name); price > 0 {
				out.Prices = append(out.Prices, eventra.Price{Category: category, TicketType: t.name, Amount: price})
			}
		}
	}
	return out
}

func (m *model) categories() (categories []eventra.CategoryNo) {
	for i := range m.seats {
		categories = append(categories, m.categoryOf(m.seats[i].Name()))
	}
	return categories
}

// write makes an item that of a booking's ticket.
func (m *model) write(item *eventra.Item, name string, tickets []modelTicket, i int) {
	if tickets == nil {
		return
	}
	item.CategoryNo = m.categoryOf(name)
	item.Category, item.TicketType, item.Amount = modelCategories[item.CategoryNo], tickets[i].ticketType, tickets[i].amount
	for no := range modelTypes {
		if modelTypes[no].name == item.TicketType {
			item.TicketTypeNo = eventra.TicketTypeNo(no + 1)
		}
	}
}

// ticketsFor prices seats and places, each as a ticket of the type at the same position.
func (m *model) ticketsFor(names, types []string) (tickets []modelTicket) {
	for i, name := range names {
		if m.prices != nil {
			tickets = append(tickets, modelTicket{types[i], m.prices.price(m.categoryOf(name), types[i])})
		}
	}
	return tickets
}

func (m *model) seatNamed(name string) *eventra.Seat {
	return &m.seats[slices.IndexFunc(m.seats, func(s eventra.Seat) bool { return s.Name() == name })]
}

// soldAs reads the tickets of items.
func soldAs(items []eventra.Item) (tickets []modelTicket) {
	for i := range items {
		tickets = append(tickets, modelTicket{items[i].TicketType, items[i].Amount})
	}
	return tickets
}
