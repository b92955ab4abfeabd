package persistencetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// RunEventStore checks the contract of the authority over seats. Stores may
// share a database: every case has an event of its own.
func RunEventStore(t *testing.T, open func(*testing.T) EventStore) {
	cases := map[string]func(*world){
		"an unknown event":                          unknownEvent,
		"a snapshot has what was put there":         snapshotComplete,
		"a new epoch fences the old one off":        fenced,
		"changed terms and new seats fence":         fencedByTerms,
		"a hold":                                    held,
		"a hold of a taken seat writes nothing":     heldTaken,
		"a booking is made once":                    heldTwice,
		"a release":                                 released,
		"an expiry asks the deadline":               expired,
		"an expiry waits for a payment's grace":     expiredPaying,
		"a payment begins before the deadline":      paymentStarted,
		"a payment fails":                           paymentEnded,
		"a confirmation":                            confirmation,
		"a late payment gets the same seats":        rebooked,
		"a late payment that was ended before":      rebookedEnded,
		"a late payment finds the seats taken":      rebookedTaken,
		"a payment for nothing":                     refundDue,
		"a refund":                                  refunded,
		"many kinds in one batch":                   manyKinds,
		"several events in one transaction":         together,
		"events that cannot be committed together":  apart,
		"one of many concurrent holds wins":         concurrentHolds,
		"an acknowledged hold survives a take-over": takeOvers,
		"a user's bookings":                         userBookings,
		"holds that are due":                        holdsDue,
		"a deleted event":                           deletedEvent,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(newWorld(t, open(t)))
		})
	}
}

func unknownEvent(w *world) {
	_, err := w.store.Activate(w.t.Context(), NewID())
	require.Equal(w.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, err = w.store.SeatsTotal(w.t.Context(), NewID())
	require.Equal(w.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, err = w.store.AddSeats(w.t.Context(), NewID(), NewSeats(1))
	require.Equal(w.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, err = w.store.Commit(w.t.Context(), &eventra.Batch{EventID: NewID(), Epoch: 1, Version: 1})
	require.ErrorIs(w.t, err, eventra.ErrStaleEpoch)
	w.requireGone(w.booking(0))
}

func snapshotComplete(w *world) {
	b := w.hold(longHold, 7, 3, 5)
	p := w.pay(b, grace)
	paid, payment := w.bought(11)
	w.must(change(eventra.Released, w.hold(longHold, 20)))
	before := w.epoch

	s := w.activate()
	require.Equal(w.t, w.event.ID, s.EventID)
	require.Equal(w.t, before+1, s.Epoch)
	require.Equal(w.t, w.event.Terms, s.Terms)
	require.Equal(w.t, w.seats, s.Seats)
	require.WithinDuration(w.t, time.Now(), s.Now, time.Minute)
	require.Len(w.t, s.Bookings, 2)
	for _, live := range s.Bookings {
		stored, err := w.store.Booking(w.t.Context(), live.ID)
		require.NoError(w.t, err)
		require.Equal(w.t, stored, live, "a snapshot and a single read tell the same")
		if live.ID == paid.ID {
			require.Equal(w.t, payment.ID, live.PaymentID)
			require.Zero(w.t, live.PayingUntil)
			continue
		}
		require.Equal(w.t, b.Seats, live.Seats, "in the order asked for")
		require.Equal(w.t, b.Total, live.Total)
		require.Equal(w.t, p.ID, live.PaymentID)
		require.Equal(w.t, b.ExpiresAt, live.ExpiresAt)
		require.Equal(w.t, b.CreatedAt, live.CreatedAt)
		require.True(w.t, live.PayingUntil.After(live.CreatedAt))
	}
	for no, state := range s.States {
		switch no {
		case 3, 5, 7:
			require.Equal(w.t, eventra.SeatHeld, state.Status)
			require.Equal(w.t, b.ID, state.Booking)
		case 11:
			require.Equal(w.t, eventra.SeatBooked, state.Status)
		default:
			require.Equal(w.t, eventra.SeatAvailable, state.Status)
			require.Zero(w.t, state.Booking)
		}
	}
	require.Greater(w.t, s.States[20].Version, s.States[0].Version, "what was free between is a change too")
}

func fenced(w *world) {
	stale := w.batch(longHold, change(eventra.Held, w.booking(1)))
	w.activate()
	_, err := w.store.Commit(w.t.Context(), stale)
	require.ErrorIs(w.t, err, eventra.ErrStaleEpoch)
	w.requireGone(stale.Changes[0].Booking)
	w.requireSeat(1, eventra.SeatAvailable, nil)
	w.hold(longHold, 1)
}

func fencedByTerms(w *world) {
	w.event.Title, w.event.Version = "Renamed", 2
	require.NoError(w.t, w.store.PutTerms(w.t.Context(), w.event))
	w.hold(longHold, 0) // a name is no term of the sale

	w.event.Status, w.event.Version = eventra.EventCancelled, 3
	require.NoError(w.t, w.store.PutTerms(w.t.Context(), w.event))
	_, err := w.commit(change(eventra.Held, w.booking(1)))
	require.ErrorIs(w.t, err, eventra.ErrStaleEpoch)
	require.Equal(w.t, eventra.EventCancelled, w.activate().Terms.Status)

	late := *w.event
	late.Status, late.Version = eventra.EventPublished, 2
	require.NoError(w.t, w.store.PutTerms(w.t.Context(), &late))
	w.hold(longHold, 1)
	require.Equal(w.t, eventra.EventCancelled, w.activate().Terms.Status, "an older copy changes nothing")

	_, err = w.store.AddSeats(w.t.Context(), w.event.ID, []eventra.Seat{{Section: "Z", Row: "1", Number: 1, Price: w.seats[0].Price}})
	require.NoError(w.t, err)
	_, err = w.commit(change(eventra.Held, w.booking(2)))
	require.ErrorIs(w.t, err, eventra.ErrStaleEpoch)
	s := w.activate()
	require.Len(w.t, s.Seats, len(w.seats)+1)
	require.Greater(w.t, s.States[40].Version, s.States[1].Version, "new seats are the latest change")
}

func concurrentHolds(w *world) {
	const callers = 16
	var won, lost int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range callers {
		batch := w.batch(longHold, change(eventra.Held, w.booking(8, 9)))
		all.Go(func() {
			_, err := w.store.Commit(w.t.Context(), batch)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, eventra.ErrDiverged):
				lost++
			}
		})
	}
	all.Wait()
	require.Equal(w.t, 1, won)
	require.Equal(w.t, callers-1, lost)
	require.Len(w.t, w.activate().Bookings, 1)
}

// takeOvers has activations take the event from each other while each sells:
// what one acknowledged, all later ones see; what was fenced off, none does.
func takeOvers(w *world) {
	const activations = 6
	var mu sync.Mutex
	acknowledged := map[eventra.ID]bool{}
	var all sync.WaitGroup
	for i := range activations {
		bookings := make([]*eventra.Booking, 6)
		for j := range bookings {
			bookings[j] = w.booking(eventra.SeatNo(i*len(bookings) + j))
		}
		all.Go(func() {
			s, err := w.store.Activate(w.t.Context(), w.event.ID)
			if err != nil {
				w.t.Error(err)
				return
			}
			for _, b := range bookings {
				_, err := w.store.Commit(w.t.Context(), &eventra.Batch{EventID: w.event.ID, Epoch: s.Epoch, Version: 100,
					Hold: longHold, Changes: []*eventra.Change{change(eventra.Held, b)}})
				if err != nil && !errors.Is(err, eventra.ErrStaleEpoch) {
					w.t.Error(err)
				}
				mu.Lock()
				acknowledged[b.ID] = err == nil
				mu.Unlock()
			}
		})
	}
	all.Wait()
	stored := map[eventra.ID]bool{}
	for _, b := range w.activate().Bookings {
		stored[b.ID] = true
	}
	for id, ok := range acknowledged {
		require.Equal(w.t, ok, stored[id])
	}
}

func deletedEvent(w *world) {
	total, err := w.store.SeatsTotal(w.t.Context(), w.event.ID)
	require.NoError(w.t, err)
	require.Equal(w.t, len(w.seats), total)

	w.must(change(eventra.Released, w.hold(longHold, 0)))
	require.Equal(w.t, eventra.CodeEventHasBookings, eventra.CodeOf(w.store.DeleteEvent(w.t.Context(), w.event.ID)))

	unsold := NewEvent()
	require.NoError(w.t, w.store.PutTerms(w.t.Context(), unsold))
	_, err = w.store.AddSeats(w.t.Context(), unsold.ID, NewSeats(10))
	require.NoError(w.t, err)
	for range 2 {
		require.NoError(w.t, w.store.DeleteEvent(w.t.Context(), unsold.ID), "repeating it is harmless")
	}
	_, err = w.store.Activate(w.t.Context(), unsold.ID)
	require.Equal(w.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
}
