package http

import (
	"maps"
	"slices"
	"strconv"

	"github.com/eventra/eventra"
)

// BookingRequest asks for tickets: for the named seats, for items, or for the best available seats.
type BookingRequest struct {
	EventID       string         `json:"eventId" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
	Seats         []string       `json:"seats,omitzero" example:"A-1-1,A-1-2"` // 1 to the event's maxSeatsPerBooking, none twice; each with the default ticket type
	Items         []ItemRequest  `json:"items,omitzero"`                       // 1 to the event's maxSeatsPerBooking, no seat twice
	BestAvailable *BestAvailable `json:"bestAvailable,omitzero"`

	Customer *CustomerRequest  `json:"customer,omitzero"` // for whom; API keys name one, users do not
	Metadata map[string]string `json:"metadata,omitzero"` // of API keys: up to 20 members, names of 40 and values of 500 characters
}

// ItemRequest asks for a ticket for a seat, or for places in a general-admission section.
type ItemRequest struct {
	Seat       string `json:"seat,omitzero" example:"A-1-1"`
	Section    string `json:"section,omitzero"` // instead of seat, with quantity
	Quantity   int    `json:"quantity,omitzero" minimum:"1" maximum:"50"`
	TicketType string `json:"ticketType,omitzero" example:"Standard"` // without it, the event's default one
}

// BestAvailable asks for seats side by side: those of one row that were added one after the
// other. Give either their number or the numbers of tickets by type; the pricing's order of
// types decides which seat gets which.
type BestAvailable struct {
	Quantity    int            `json:"quantity,omitzero" minimum:"1" maximum:"50" example:"2"`
	TicketTypes map[string]int `json:"ticketTypes,omitzero" example:"Standard:2"`
	Section     string         `json:"section,omitzero" example:"A"`  // without it, any section
	Category    string         `json:"category,omitzero" example:"A"` // without it, any category
}

// seatNameMaxBytes is enough for two labels of four-byte letters and a number.
const seatNameMaxBytes = 2*4*eventra.SeatLabelMaxRunes + 16

// command converts the request and checks what needs no knowledge of the event.
func (r *BookingRequest) command(f *eventra.Faults) *eventra.HoldSeats {
	if r.EventID == "" {
		f.Add("eventId", "required", "is required")
	}
	given := 0
	for _, way := range []bool{r.Seats != nil, r.Items != nil, r.BestAvailable != nil} {
		if way {
			given++
		}
	}
	if given != 1 {
		f.Add("seats", "one_of", "give either seats, items or bestAvailable")
		return nil
	}
	for i, seat := range r.Seats {
		r.Seats[i] = eventra.CanonicalName(seat)
	}
	cmd := &eventra.HoldSeats{Seats: r.Seats}
	for i := range r.Items {
		item := &r.Items[i]
		cmd.Items = append(cmd.Items, eventra.ItemRequest{Seat: eventra.CanonicalName(item.Seat), Section: eventra.CanonicalName(item.Section),
			Quantity: item.Quantity, TicketType: eventra.CanonicalName(item.TicketType)})
	}
	if r.Items != nil && cmd.Items == nil {
		cmd.Items = []eventra.ItemRequest{}
	}
	if r.BestAvailable != nil {
		cmd.Best = r.BestAvailable.command(f)
	}
	cmd.Validate(f, eventra.MaxSeatsPerBookingMax)
	if max(len(cmd.Seats), len(cmd.Items)) > eventra.MaxSeatsPerBookingMax {
		return cmd
	}
	for i, seat := range cmd.Seats {
		checkSeatName(f, "seats["+strconv.Itoa(i)+"]", seat)
	}
	for i := range cmd.Items {
		field := "items[" + strconv.Itoa(i) + "]"
		if cmd.Items[i].Section == "" {
			checkSeatName(f, field+".seat", cmd.Items[i].Seat)
		} else {
			checkSectionName(f, field+".section", cmd.Items[i].Section)
		}
		checkTicketType(f, field+".ticketType", cmd.Items[i].TicketType)
	}
	return cmd
}

// checkSeatName checks a name, which a seat of the event may have or not.
func checkSeatName(f *eventra.Faults, field, name string) {
	if name == "" || len(name) > seatNameMaxBytes {
		f.Add(field, "invalid_seat", "must be a seat's name such as A-3-12")
	}
}

// checkCategory checks the name of a category, which the event may have or not.
func checkCategory(f *eventra.Faults, field, name string) {
	if len(name) > pricingNameMaxBytes {
		f.Add(field, "unknown_category", "must be a category of the event")
	}
}

// checkTicketType checks the name of a type, which the event may have or not.
func checkTicketType(f *eventra.Faults, field, name string) {
	if len(name) > pricingNameMaxBytes {
		f.Add(field, "invalid_name", "must be the name of a ticket type")
	}
}

// checkSectionName checks a name, which a section of the event may have or not.
func checkSectionName(f *eventra.Faults, field, name string) {
	if len(name) > seatNameMaxBytes {
		f.Add(field, "unknown", "must be a section of the event")
	}
}

func (b *BestAvailable) command(f *eventra.Faults) *eventra.BestAvailable {
	best := &eventra.BestAvailable{Quantity: b.Quantity,
		Section: eventra.CanonicalName(b.Section), Category: eventra.CanonicalName(b.Category)}
	checkSectionName(f, "bestAvailable.section", best.Section)
	checkCategory(f, "bestAvailable.category", best.Category)
	switch {
	case b.TicketTypes == nil:
		return best
	case b.Quantity != 0:
		f.Add("bestAvailable.quantity", "one_of", "give either quantity or ticketTypes")
		return best
	case len(b.TicketTypes) > eventra.TicketTypesMax:
		f.Add("bestAvailable.ticketTypes", "too_many", "must have at most %d types", eventra.TicketTypesMax)
		return best
	}
	best.TicketTypes = []eventra.TicketTypeCount{}
	for _, name := range slices.Sorted(maps.Keys(b.TicketTypes)) {
		count := min(max(b.TicketTypes[name], 0), eventra.MaxSeatsPerBookingMax+1)
		best.TicketTypes = append(best.TicketTypes, eventra.TicketTypeCount{Name: eventra.CanonicalName(name), Count: count})
		best.Quantity += count
		checkTicketType(f, "bestAvailable.ticketTypes", name)
	}
	return best
}
