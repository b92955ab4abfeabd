package eventra

import (
	"encoding/binary"
	"slices"
)

// Pricing says what the tickets of one event cost: a price for each ticket type in each
// category of seats. Nobody writes to it once it is made.
//
// Without ticket types it is that of an event whose organiser has given prices of seats
// alone: see [Pricing.Sort].
type Pricing struct {
	Version     int64        // grows with each change, and whenever the number of seats changes
	Currency    string       // empty if the event has no seats and no prices
	Categories  []Category   // in the organiser's order, like TicketTypes
	TicketTypes []TicketType // exactly one is the default
	Prices      []Price      // a pair of category and ticket type without a price is not sold
}

type (
	// CategoryNo is the number of a stored category: 1, 2, 3 …, in its event for ever. A
	// derived category has none, 0.
	CategoryNo int16
	// TicketTypeNo is the number of a stored ticket type, as CategoryNo is of a category.
	TicketTypeNo int16
)

// Category is seats that cost the same.
type Category struct {
	No   CategoryNo
	Name string
}

// TicketType is a kind of visitor, such as a child, or of ticket.
type TicketType struct {
	No      TicketTypeNo
	Name    string
	Default bool // of tickets that are asked for without a type
	// A booking has no ticket of the type, or at least and at most so many.
	MinPerBooking, MaxPerBooking int
}

// Price is what a ticket of a type costs in a category, in the pricing's currency.
type Price struct {
	Category, TicketType string
	Amount               int64
}

// SeatsChanged is the result of changing seats.
type SeatsChanged struct {
	Changed int    // seats that are otherwise now
	Version uint64 // of the seat map afterwards
}

// Stored reports whether the organiser has set the pricing as a whole.
func (p *Pricing) Stored() bool { return p != nil && len(p.TicketTypes) > 0 }

// CategoryNamed returns the position of a category, or -1 if there is none of that name.
func (p *Pricing) CategoryNamed(name string) int {
	return slices.IndexFunc(p.Categories, func(c Category) bool { return c.Name == name })
}

// TicketTypeNamed returns the position of a ticket type, or -1 if there is none of that
// name. The default type also has the empty name.
func (p *Pricing) TicketTypeNamed(name string) int {
	return slices.IndexFunc(p.TicketTypes, func(t TicketType) bool { return t.Name == name || name == "" && t.Default })
}

// Same reports whether two pricings say the same, whatever their versions and numbers are.
func (p *Pricing) Same(other *Pricing) bool {
	return p.Currency == other.Currency &&
		slices.EqualFunc(p.Categories, other.Categories, func(a, b Category) bool { return a.Name == b.Name }) &&
		slices.EqualFunc(p.TicketTypes, other.TicketTypes, func(a, b TicketType) bool {
			a.No, b.No = 0, 0
			return a == b
		}) &&
		slices.Equal(newPriceTable(p).amounts, newPriceTable(other).amounts)
}

// ShownAmount is the one price that stands for a category where there is room for one
// only: that of the default ticket type or, if that is not sold there, the lowest. It is
// false if nothing is sold in the category.
func (p *Pricing) ShownAmount(category string) (amount int64, sold bool) {
	for _, price := range p.Prices {
		if price.Category != category {
			continue
		}
		if at := p.TicketTypeNamed(price.TicketType); at >= 0 && p.TicketTypes[at].Default {
			return price.Amount, true
		}
		if !sold || price.Amount < amount {
			amount, sold = price.Amount, true
		}
	}
	return amount, sold
}

// priceTable is a pricing as a sale looks prices up, by position.
type priceTable struct {
	*Pricing
	amounts  []int64 // by category and ticket type; notSold
	class    []int32 // by category: the first category in which tickets of each type cost the same
	standard int     // the default ticket type
}

const notSold int64 = -1

func newPriceTable(p *Pricing) *priceTable {
	t := &priceTable{Pricing: p, amounts: make([]int64, len(p.Categories)*len(p.TicketTypes)), standard: p.TicketTypeNamed("")}
	for i := range t.amounts {
		t.amounts[i] = notSold
	}
	categories := make(map[string]int, len(p.Categories))
	for i, c := range p.Categories {
		categories[c.Name] = i
	}
	for _, price := range p.Prices {
		category, known := categories[price.Category]
		if at := p.TicketTypeNamed(price.TicketType); known && at >= 0 {
			t.amounts[category*len(p.TicketTypes)+at] = price.Amount
		}
	}
	t.classify()
	return t
}

// classify finds the first category of each list of prices.
func (t *priceTable) classify() {
	types := len(t.TicketTypes)
	t.class = make([]int32, len(t.Categories))
	first := make(map[string]int32, len(t.Categories))
	var prices []byte
	for i := range t.class {
		prices = prices[:0]
		for _, amount := range t.amounts[i*types:][:types] {
			prices = binary.LittleEndian.AppendUint64(prices, uint64(amount))
		}
		class, known := first[string(prices)]
		if !known {
			class = int32(i)
			first[string(prices)] = class
		}
		t.class[i] = class
	}
}

// amount is what a ticket costs, or notSold.
func (t *priceTable) amount(category int32, ticketType int) int64 {
	return t.amounts[int(category)*len(t.TicketTypes)+ticketType]
}
