package persistencetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/eventra/eventra"
)

// NewID makes an id as the program does.
func NewID() eventra.ID { return eventra.ID(uuid.Must(uuid.NewV7())) }

// NewUser is a user with a unique address.
func NewUser() *eventra.User {
	id := NewID()
	return &eventra.User{ID: id, Email: id.String() + "@example.org", Name: "Ada", Role: eventra.RoleUser,
		PasswordHash: []byte("not a hash"), CreatedAt: time.Now().UTC().Truncate(time.Microsecond)}
}

// NewEvent is a published event on sale.
func NewEvent() *eventra.Event {
	starts := time.Date(2030, 5, 1, 19, 30, 0, 0, time.UTC)
	return &eventra.Event{
		ID: NewID(), Title: "Night of the Proms", StartsAt: starts, EndsAt: starts.Add(3 * time.Hour), Version: 1,
		Venue: eventra.Venue{Name: "Arena", City: "Berlin", Country: "DE", Timezone: "Europe/Berlin"},
		Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: int(longHold / time.Second), MaxSeatsPerBooking: 10,
			MaxSeatsPerCustomer: 60, OrphanRule: eventra.OrphanWarn},
	}
}

// NewSeats are n seats of one section, in rows of 20.
func NewSeats(n int) []eventra.Seat {
	rows := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}
	seats := make([]eventra.Seat, n)
	for i := range seats {
		seats[i] = eventra.Seat{Section: "S" + rows[i/200%10], Row: rows[i/20%10], Number: i/2000*20 + i%20 + 1,
			Price: eventra.Money{Amount: int64(1000 + i%7), Currency: "EUR"}}
	}
	return seats
}
