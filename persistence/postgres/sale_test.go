package postgres_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

// sale sells the seats of one event from the first to the last.
type sale struct {
	db    *postgres.DB
	event eventra.ID
	seats []eventra.Seat
	next  int
	batch eventra.Batch

	keyed    bool // holds have idempotency keys
	together bool // commit as batches of several events do
}

func newSale(t testing.TB, db *postgres.DB, seats int) *sale {
	t.Helper()
	event := persistencetest.NewEvent()
	s := &sale{db: db, event: event.ID, seats: persistencetest.NewSeats(seats)}
	require.NoError(t, db.PutTerms(t.Context(), event))
	_, err := db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), s.seats)
	require.NoError(t, err)
	snapshot, err := db.Activate(t.Context(), event.ID)
	require.NoError(t, err)
	s.batch = eventra.Batch{EventID: event.ID, Epoch: snapshot.Epoch, Version: 1, Hold: 10 * time.Minute, CustomerLimit: snapshot.Terms.CustomerLimit()}
	return s
}

func (s *sale) left() int { return len(s.seats) - s.next }

func (s *sale) hold(t testing.TB, bookings int) {
	s.batch.Version++
	s.batch.Changes = s.batch.Changes[:0]
	for range bookings {
		user := persistencetest.NewID()
		c := &eventra.Change{Kind: eventra.Held, Booking: s.nextBooking(user, 2)}
		if s.keyed {
			c.Attempt = &eventra.IdempotencyAttempt{ResourceID: c.Booking.ID,
				Key: eventra.IdempotencyKey{UserID: user, Route: "POST /api/v1/bookings", Key: rand.Text()}}
		}
		s.batch.Changes = append(s.batch.Changes, c)
	}
	require.NoError(t, s.commit(t))
}

func (s *sale) commit(t testing.TB) (err error) {
	if s.together {
		_, err = s.db.CommitTogether(t.Context(), []*eventra.Batch{&s.batch})
	} else {
		_, err = s.db.Commit(t.Context(), &s.batch)
	}
	return err
}

// nextBooking is a booking of the next free seats.
func (s *sale) nextBooking(user eventra.ID, seats int) *eventra.Booking {
	b := &eventra.Booking{ID: persistencetest.NewID(), EventID: s.event, UserID: user, Total: eventra.Money{Currency: "EUR"}}
	for range seats {
		b.Items = append(b.Items, eventra.NewItem(eventra.SeatNo(s.next), &s.seats[s.next], s.seats[s.next].Section))
		s.next++
	}
	return b
}
