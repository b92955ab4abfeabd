package eventra

import (
	"slices"
	"strconv"
)

// Sort finds the category of each seat. stored are the numbers of the seats' categories;
// it may be nil, and where a number is 0, or not in the pricing, the category is derived:
// it is named like the seat's section, or A 2, A 3 … for seats of section A that cost
// something else than those before. The pricing that it returns is p with all derived
// categories, and at is the position in it of each seat's. p may be nil.
func (p *Pricing) Sort(seats []Seat, stored []CategoryNo) (sorted *Pricing, at []int32) {
	s := newSeatSorter(p, seats)
	at = make([]int32, len(seats))
	for i := range seats {
		if stored != nil {
			if position, known := s.byNo[stored[i]]; known {
				at[i] = position
				continue
			}
		}
		if i > 0 && s.alike(&seats[i], &seats[i-1], stored, i) {
			at[i] = at[i-1]
			continue
		}
		at[i] = s.derive(seats[i].Section, seats[i].Price.Amount)
	}
	return s.pricing, at
}

// FloorsToSort are floors as [Pricing.Sort] takes them: it sorts them as it does seats of
// sections of their names, after the event's seats.
func FloorsToSort(floors []Floor) (seats []Seat, stored []CategoryNo) {
	seats, stored = make([]Seat, len(floors)), make([]CategoryNo, len(floors))
	for i := range floors {
		seats[i], stored[i] = Seat{Section: floors[i].Name, Price: floors[i].Price}, floors[i].CategoryNo
	}
	return seats, stored
}

// seatSorter derives categories.
type seatSorter struct {
	pricing  *Pricing
	standard string // name of the default ticket type
	byNo     map[CategoryNo]int32
	byName   map[string]int32
	amounts  map[string]int64 // of the default ticket type, by category
	derived  map[sectionPrice]int32
	next     map[string]int // by section
}

type sectionPrice struct {
	section string
	amount  int64
}

func newSeatSorter(p *Pricing, seats []Seat) *seatSorter {
	if p == nil {
		p = &Pricing{}
	}
	own := &Pricing{Version: p.Version, Currency: p.Currency, Categories: slices.Clip(p.Categories),
		TicketTypes: p.TicketTypes, Prices: slices.Clip(p.Prices)}
	if !own.Stored() {
		own.TicketTypes = []TicketType{{Name: TicketTypeStandard, Default: true, MinPerBooking: 1, MaxPerBooking: MaxSeatsPerBookingMax}}
	}
	if own.Currency == "" && len(seats) > 0 {
		own.Currency = seats[0].Price.Currency
	}
	s := &seatSorter{pricing: own, standard: own.TicketTypes[own.TicketTypeNamed("")].Name,
		byNo: map[CategoryNo]int32{}, byName: map[string]int32{}, amounts: map[string]int64{}, derived: map[sectionPrice]int32{}, next: map[string]int{}}
	for i, c := range own.Categories {
		s.byName[c.Name] = int32(i)
		if c.No != 0 {
			s.byNo[c.No] = int32(i)
		}
	}
	for _, price := range own.Prices {
		if price.TicketType == s.standard {
			s.amounts[price.Category] = price.Amount
		}
	}
	return s
}

// alike reports whether two seats that follow each other have the same derived category,
// as nearly all do.
func (s *seatSorter) alike(seat, before *Seat, stored []CategoryNo, i int) bool {
	return seat.Section == before.Section && seat.Price.Amount == before.Price.Amount &&
		(stored == nil || stored[i-1] == stored[i])
}

// derive returns the category of seats of that section at that price, a new one if need be.
func (s *seatSorter) derive(section string, amount int64) int32 {
	key := sectionPrice{section, amount}
	at, known := s.derived[key]
	if !known {
		at = s.find(section, amount)
		s.derived[key] = at
	}
	return at
}

// find returns the first category of the section's names that costs as much, or a new one
// after them. Each name is looked at once: next has the number of the first that was not.
func (s *seatSorter) find(section string, amount int64) int32 {
	for {
		name := section
		if n := s.next[section]; n > 0 {
			name += " " + strconv.Itoa(n+1)
		}
		at, exists := s.byName[name]
		if !exists {
			at = s.add(name, amount)
		}
		s.next[section]++
		costs, sold := s.amounts[name]
		if key := (sectionPrice{section, costs}); sold {
			if _, known := s.derived[key]; !known {
				s.derived[key] = at
			}
		}
		if sold && costs == amount {
			return at
		}
	}
}

func (s *seatSorter) add(name string, amount int64) int32 {
	at := int32(len(s.pricing.Categories))
	s.pricing.Categories = append(s.pricing.Categories, Category{Name: name})
	s.pricing.Prices = append(s.pricing.Prices, Price{Category: name, TicketType: s.standard, Amount: amount})
	s.byName[name], s.amounts[name] = at, amount
	return at
}
