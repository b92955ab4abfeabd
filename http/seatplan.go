package http

import (
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/eventra/eventra"
)

// SeatPlan is the seats to add to an event: either sections of rows with equally many
// seats, or single seats.
type SeatPlan struct {
	Sections []SectionPlan `json:"sections,omitzero"`
	Seats    []SeatEntry   `json:"seats,omitzero"`
}

// SectionPlan is one section. Names have letters of any script with their marks, digits,
// inner spaces, dots and underscores. Its rows have either the given names, or the numbers from
// 1 to rowCount. A general-admission section has a capacity instead of rows.
type SectionPlan struct {
	Name        string   `json:"name" minLength:"1" maxLength:"32" example:"A" validate:"required"`
	Rows        []string `json:"rows,omitzero" example:"1,2,3"`
	RowCount    int      `json:"rowCount,omitzero" minimum:"1" maximum:"100000" example:"10"`
	SeatsPerRow int      `json:"seatsPerRow,omitzero" minimum:"1" maximum:"99999" example:"24"`
	Capacity    int      `json:"capacity,omitzero" minimum:"1" maximum:"1000000"` // of a general-admission section
	Cost
}

// SeatEntry is one seat.
type SeatEntry struct {
	Section string `json:"section" minLength:"1" maxLength:"32" example:"A" validate:"required"`
	Row     string `json:"row" minLength:"1" maxLength:"32" example:"3" validate:"required"`
	Number  int    `json:"number" minimum:"1" maximum:"99999" example:"12" validate:"required"`
	Cost
}

// Cost is either one of the event's categories, or a price, which stands for a category of the
// section's name.
type Cost struct {
	Category string `json:"category,omitzero" minLength:"1" maxLength:"40" example:"Stalls"`
	Price    *Price `json:"price,omitzero"`
}

func (e *SeatEntry) seat() eventra.Seat {
	return eventra.Seat{Section: eventra.CanonicalName(e.Section), Row: eventra.CanonicalName(e.Row), Number: e.Number, Price: e.money()}
}

// money is the price; zero if there is a category.
func (c *Cost) money() eventra.Money {
	if c.Price == nil {
		return eventra.Money{}
	}
	return c.Price.money()
}

// validate checks that one of the two is given, and makes the category's name canonical.
// Whether the event has the category is for the store to say.
func (c *Cost) validate(f *eventra.Faults, field string) {
	c.Category = eventra.CanonicalName(c.Category)
	switch {
	case c.Category != "" && c.Price != nil:
		f.Add(field+".price", "one_of", "give either price or category")
	case c.Category == "":
		price := Price{}
		if c.Price != nil {
			price = *c.Price
		}
		eventra.ValidatePrice(f, field+".price", price.money())
		price.validateGiven(f, field+".price")
	default:
		checkCategory(f, field+".category", c.Category)
	}
}

// pricingNameMaxBytes is enough for a name of four-byte letters.
const pricingNameMaxBytes = 4 * eventra.PricingNameMaxRunes

// seatPlanLists limits the lists of a plan while they are decoded.
var seatPlanLists = json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(seatList[SectionPlan]),
	json.UnmarshalFromFunc(seatList[SeatEntry]),
	json.UnmarshalFromFunc(seatList[string]),
))

func seatList[T any](d *jsontext.Decoder, list *[]T) error {
	return limitedList(d, list, eventra.SeatsPerEventMax, tooManySeats)
}

func tooManySeats(field string) error {
	var faults eventra.Faults
	faults.Add(field, "too_many", "an event has at most %d seats", eventra.SeatsPerEventMax)
	return faults.Err()
}

// seats returns the plan's seats in their order, and the names of the categories of these and
// then of the floors; none if all have prices. The error names the faults.
func (p *SeatPlan) seats() (seats []eventra.Seat, categories []string, err error) {
	var faults eventra.Faults
	if (p.Sections != nil) == (p.Seats != nil) || len(p.Sections)+len(p.Seats) == 0 {
		faults.Add("sections", "one_of", "give either sections or seats")
		return nil, nil, faults.Err()
	}
	seats = make([]eventra.Seat, 0, len(p.Seats))
	for i := range p.Seats {
		entry, field := &p.Seats[i], "seats["+strconv.Itoa(i)+"]"
		seat := entry.seat()
		seat.ValidateName(&faults, field)
		entry.Cost.validate(&faults, field)
		if len(faults) > eventra.SeatFaultsMax {
			return nil, nil, faults.Err()
		}
		seats, categories = append(seats, seat), append(categories, entry.Category)
	}
	if total := p.validateSections(&faults); total > eventra.SeatsPerEventMax {
		return nil, nil, tooManySeats("sections")
	}
	if err := faults.Err(); err != nil {
		return nil, nil, err
	}
	for i := range p.Sections {
		section := &p.Sections[i]
		seats = section.spread(seats)
		categories = append(categories, slices.Repeat([]string{section.Category}, len(seats)-len(categories))...)
	}
	for i := range p.Sections {
		if section := &p.Sections[i]; section.Capacity != 0 {
			categories = append(categories, section.Category)
		}
	}
	eventra.ValidateSeats(&faults, seats)
	if !slices.ContainsFunc(categories, func(name string) bool { return name != "" }) {
		categories = nil
	}
	return seats, categories, faults.Err()
}

// validateSections checks the sections and counts their seats before any seat is made.
func (p *SeatPlan) validateSections(faults *eventra.Faults) (total int) {
	for i := range p.Sections {
		section, field := &p.Sections[i], "sections["+strconv.Itoa(i)+"]"
		rows := section.validate(faults, field)
		total += rows * min(section.SeatsPerRow, eventra.SeatNumberMax)
		if total > eventra.SeatsPerEventMax || len(*faults) > eventra.SeatFaultsMax {
			break
		}
	}
	return total
}

// validate checks a section, whose labels it makes canonical, and returns its number of rows, at most
// [eventra.SeatsPerEventMax].
func (p *SectionPlan) validate(f *eventra.Faults, field string) (rows int) {
	p.Name = eventra.CanonicalName(p.Name)
	eventra.ValidateSeatLabel(f, field+".name", p.Name)
	if p.Capacity != 0 {
		p.validateFloor(f, field)
		return 0
	}
	for i, label := range p.Rows {
		p.Rows[i] = eventra.CanonicalName(label)
		eventra.ValidateSeatLabel(f, field+".rows["+strconv.Itoa(i)+"]", p.Rows[i])
		if len(*f) > eventra.SeatFaultsMax {
			break
		}
	}
	if p.SeatsPerRow < 1 || p.SeatsPerRow > eventra.SeatNumberMax {
		f.Add(field+".seatsPerRow", "range", "must be from 1 to %d", eventra.SeatNumberMax)
	}
	p.Cost.validate(f, field)
	switch {
	case (p.Rows != nil) == (p.RowCount != 0) || p.Rows != nil && len(p.Rows) == 0:
		f.Add(field+".rows", "one_of", "give either rows or rowCount")
	case p.RowCount < 0 || p.RowCount > eventra.SeatsPerEventMax:
		f.Add(field+".rowCount", "range", "must be from 1 to %d", eventra.SeatsPerEventMax)
	case p.RowCount > 0:
		return p.RowCount
	}
	return len(p.Rows)
}

// validateFloor checks what makes a general-admission section of it.
func (p *SectionPlan) validateFloor(f *eventra.Faults, field string) {
	if p.Rows != nil || p.RowCount != 0 || p.SeatsPerRow != 0 {
		f.Add(field+".capacity", "one_of", "give either rows with seatsPerRow or capacity")
	}
	if p.Capacity < 1 || p.Capacity > eventra.FloorCapacityMax {
		f.Add(field+".capacity", "range", "must be from 1 to %d", eventra.FloorCapacityMax)
	}
	p.Cost.validate(f, field)
}

// floors returns the plan's general-admission sections, and how many places they have.
func (p *SeatPlan) floors() (floors []eventra.Floor, places int) {
	for i := range p.Sections {
		if s := &p.Sections[i]; s.Capacity != 0 {
			floors = append(floors, eventra.Floor{Name: s.Name, Capacity: s.Capacity, Price: s.money()})
			places += s.Capacity
		}
	}
	return floors, places
}

// spread appends the section's seats.
func (p *SectionPlan) spread(seats []eventra.Seat) []eventra.Seat {
	for row := range max(len(p.Rows), p.RowCount) {
		label := strconv.Itoa(row + 1)
		if len(p.Rows) > 0 {
			label = p.Rows[row]
		}
		for number := 1; number <= p.SeatsPerRow; number++ {
			seats = append(seats, eventra.Seat{Section: p.Name, Row: label, Number: number, Price: p.money()})
		}
	}
	return seats
}
