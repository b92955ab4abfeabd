package eventra_test

import (
	"slices"

	"github.com/eventra/eventra"
)

// The model's general-admission section. Among the tickets of a booking, its name stands for
// one place.
const (
	modelFloor  = "F"
	modelPlaces = 5
)

func modelPlace() eventra.Item { return eventra.NewPlace(0, modelFloor, 700) }

// seated are the tickets that are seats.
func seated(tickets []string) (seats []string) {
	for _, name := range tickets {
		if name != modelFloor {
			seats = append(seats, name)
		}
	}
	return seats
}

// ticketsOf are the tickets that a hold asks for, in its order. wrong reports a quantity that no
// booking may have, nowhere a section that the event has not.
func ticketsOf(cmd *eventra.HoldSeats, most int) (tickets []string, wrong bool, nowhere string) {
	tickets = slices.Clone(cmd.Seats)
	for _, item := range cmd.Items {
		switch {
		case item.Section == "":
			tickets = append(tickets, item.Seat)
			continue
		case item.Quantity < 1 || item.Quantity > most:
			wrong = true
			continue
		case item.Section != modelFloor:
			nowhere = item.Section
		}
		tickets = append(tickets, slices.Repeat([]string{modelFloor}, item.Quantity)...)
	}
	return tickets, wrong, nowhere
}

// places counts the places that live bookings have with that status, or with any.
func (m *model) places(statuses ...eventra.BookingStatus) (n int) {
	for _, b := range m.bookings {
		if slices.Contains(statuses, b.status) {
			n += len(b.has()) - len(seated(b.has()))
		}
	}
	return n
}

// room reports whether there are as many places as are among the tickets: as is stored, and
// if all changes in flight that take places are committed.
func (m *model) room(tickets []string) (room, free bool) {
	wanted := len(tickets) - len(seated(tickets))
	left := modelPlaces - m.places(eventra.BookingHeld, eventra.BookingConfirmed)
	claimed := 0
	for _, c := range m.inFlight {
		claimed += len(c.seats) - len(seated(c.seats))
	}
	return wanted <= left, wanted == 0 || wanted <= left-claimed
}
