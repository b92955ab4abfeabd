package eventra

import "slices"

// ticketTypes are the positions of the ticket types that a hold asks for, by ticket; nil if
// all are the default one. The error says which type does not exist, or of which the hold
// asks for too few or too many.
func (l *Layout) ticketTypes(cmd *HoldSeats) (types []int, err error) {
	switch {
	case cmd.Items != nil:
		types, err = l.typesOfItems(cmd.Items)
	case cmd.Best != nil:
		types, err = l.typesInOrder(cmd.Best.TicketTypes)
	}
	if err != nil {
		return nil, err
	}
	return types, l.checkQuantities(types, cmd.tickets())
}

func (l *Layout) typeNamed(name string) (int, error) {
	at := l.Pricing.TicketTypeNamed(name)
	if at < 0 {
		return 0, Errorf(CodeUnknownTicketType, "the event has no ticket type %s", name)
	}
	return at, nil
}

func (l *Layout) typesOfItems(items []ItemRequest) ([]int, error) {
	types := make([]int, 0, len(items))
	for i := range items {
		at, err := l.typeNamed(items[i].TicketType)
		if err != nil {
			return nil, err
		}
		for range items[i].tickets() {
			types = append(types, at)
		}
	}
	return types, nil
}

// typesInOrder lists so many types each, in the pricing's order.
func (l *Layout) typesInOrder(counts []TicketTypeCount) (types []int, err error) {
	for _, t := range counts {
		at, err := l.typeNamed(t.Name)
		if err != nil {
			return nil, err
		}
		types = append(types, slices.Repeat([]int{at}, t.Count)...)
	}
	slices.Sort(types)
	return types, nil
}

// checkQuantities checks how many tickets of each type a booking has.
func (l *Layout) checkQuantities(types []int, tickets int) error {
	if types == nil {
		return l.Pricing.TicketTypes[l.prices.standard].checkQuantity(tickets)
	}
	for i := range l.Pricing.TicketTypes {
		count := 0
		for _, at := range types {
			if at == i {
				count++
			}
		}
		if count == 0 {
			continue
		}
		if err := l.Pricing.TicketTypes[i].checkQuantity(count); err != nil {
			return err
		}
	}
	return nil
}

func (t *TicketType) checkQuantity(tickets int) error {
	if tickets < t.MinPerBooking || tickets > t.MaxPerBooking {
		return Errorf(CodeTicketTypeQuantity, "a booking has %d to %d tickets of type %s, if any; not %d",
			t.MinPerBooking, t.MaxPerBooking, t.Name, tickets)
	}
	return nil
}

// soldIn says by position in which categories all of the types are sold: in the named one
// only, unless that is empty. It is nil if that holds for all categories. The error says that
// there is none.
func (l *Layout) soldIn(category string, types []int) (sold []bool, err error) {
	if types == nil {
		types = []int{l.prices.standard}
	}
	for i := range l.Pricing.Categories {
		fits := category == "" || l.Pricing.Categories[i].Name == category
		for _, at := range types {
			fits = fits && l.prices.amount(int32(i), at) != notSold
		}
		if sold == nil && !fits {
			sold = slices.Repeat([]bool{true}, len(l.Pricing.Categories))
		}
		if sold != nil {
			sold[i] = fits
		}
	}
	if sold != nil && !slices.Contains(sold, true) {
		return nil, Errorf(CodeTicketTypeNotSold, "no category that is asked for has a price for each of these ticket types")
	}
	return sold, nil
}

// newItem is a ticket of a type for a seat, at today's price. A derived category is not
// stored: whoever reads the item later finds the seat's section, and so it is named here.
func (l *Layout) newItem(no SeatNo, ticketType int) Item {
	seat := &l.Seats[no]
	item := NewItem(no, seat, seat.Section)
	l.price(&item, l.category[no], ticketType)
	return item
}

// newPlace is newItem for a place of a floor.
func (l *Layout) newPlace(floor int16, section string, ticketType int) Item {
	item := NewPlace(floor, section, 0)
	l.price(&item, l.floor[floor], ticketType)
	return item
}

func (l *Layout) price(item *Item, at int32, ticketType int) {
	category, t := &l.Pricing.Categories[at], &l.Pricing.TicketTypes[ticketType]
	if item.CategoryNo = category.No; category.No != 0 {
		item.Category = category.Name
	}
	item.TicketType, item.TicketTypeNo = t.Name, t.No
	item.Amount = l.prices.amount(at, ticketType)
}
