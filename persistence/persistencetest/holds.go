package persistencetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func held(w *world) {
	b, other := w.booking(4, 2), w.booking(9)
	receipt := w.must(change(eventra.Held, b), change(eventra.Held, other))
	require.WithinDuration(w.t, time.Now(), receipt.At, time.Minute)
	stored := w.requireStatus(b, eventra.BookingHeld)
	require.Equal(w.t, receipt.At, stored.CreatedAt)
	require.Equal(w.t, receipt.At.Add(longHold), stored.ExpiresAt)
	require.Equal(w.t, b.Seats, stored.Seats)
	require.Equal(w.t, b.Total, stored.Total)
	require.Equal(w.t, w.user.ID, stored.UserID)
	version := w.version
	s := w.activate()
	require.Equal(w.t, version, s.States[4].Version)
	require.Equal(w.t, version, s.States[9].Version)
	require.Less(w.t, s.States[0].Version, version)
}

func heldTaken(w *world) {
	owner := w.hold(longHold, 5)
	good, bad := w.booking(6), w.booking(7, 5)
	_, err := w.commit(change(eventra.Held, good), change(eventra.Held, bad))
	require.ErrorIs(w.t, err, eventra.ErrDiverged)
	w.requireGone(good)
	w.requireGone(bad)
	w.requireSeat(5, eventra.SeatHeld, owner)
	w.requireSeat(6, eventra.SeatAvailable, nil)

	nowhere := w.booking(0)
	nowhere.Seats[0].No = eventra.SeatNo(len(w.seats))
	_, err = w.commit(change(eventra.Held, nowhere))
	require.ErrorIs(w.t, err, eventra.ErrDiverged)
}

func heldTwice(w *world) {
	b := w.hold(longHold, 1)
	again, other := w.booking(2), w.booking(3)
	again.ID = b.ID
	receipt, err := w.commit(change(eventra.Held, again), change(eventra.Held, other))
	require.NoError(w.t, err)
	require.Equal(w.t, []bool{true, false}, receipt.Refused, "alone, not its batch")
	w.requireSeat(2, eventra.SeatAvailable, nil)
	w.requireSeat(1, eventra.SeatHeld, b)
	w.requireSeat(3, eventra.SeatHeld, other)
}

func released(w *world) {
	b := w.hold(longHold, 1, 2)
	w.must(change(eventra.Released, b))
	stored := w.requireStatus(b, eventra.BookingCancelled)
	require.Equal(w.t, b.Seats, stored.Seats, "what it had is still known")
	w.requireSeat(1, eventra.SeatAvailable, nil)
	_, err := w.commit(change(eventra.Released, b))
	require.ErrorIs(w.t, err, eventra.ErrDiverged)
	w.hold(longHold, 2, 1)

	paying := w.hold(longHold, 3)
	w.pay(paying, grace)
	_, err = w.commit(change(eventra.Released, paying))
	require.ErrorIs(w.t, err, eventra.ErrDiverged, "an activation knows of payments")
}

func expired(w *world) {
	due, early, alsoDue := w.hold(pastHold, 1, 2), w.hold(longHold, 3), w.hold(pastHold, 4)
	receipt, err := w.commit(change(eventra.Expired, due), change(eventra.Expired, early), change(eventra.Expired, alsoDue))
	require.NoError(w.t, err)
	require.Equal(w.t, []bool{false, true, false}, receipt.Refused)
	w.requireStatus(due, eventra.BookingExpired)
	w.requireStatus(early, eventra.BookingHeld)
	w.requireStatus(alsoDue, eventra.BookingExpired)
	w.requireSeat(2, eventra.SeatAvailable, nil)
	w.requireSeat(3, eventra.SeatHeld, early)
	w.hold(longHold, 1, 2, 4)

	_, err = w.commit(change(eventra.Expired, due))
	require.ErrorIs(w.t, err, eventra.ErrDiverged, "it is no hold any more")
}

func expiredPaying(w *world) {
	b := w.hold(shortHold, 1)
	p := w.pay(b, grace)
	due := w.hold(shortHold, 2)
	w.eventually(func() bool { // the other one's deadline is later
		receipt, err := w.commit(change(eventra.Expired, due))
		require.NoError(w.t, err)
		return receipt.Refused == nil
	})
	alsoDue := w.hold(pastHold, 3)
	receipt, err := w.commit(change(eventra.Expired, b), change(eventra.Expired, alsoDue))
	require.NoError(w.t, err)
	require.Equal(w.t, []bool{true, false}, receipt.Refused)

	w.must(paymentChange(eventra.PaymentEnded, b, p, eventra.PaymentDeclined))
	w.must(change(eventra.Expired, b))
	w.requireStatus(b, eventra.BookingExpired)
	w.requireSeat(1, eventra.SeatAvailable, nil)
}

func userBookings(w *world) {
	var all []eventra.ID
	for no := range eventra.SeatNo(5) {
		all = append([]eventra.ID{w.hold(longHold, no).ID}, all...)
	}
	cancelled := w.hold(longHold, 9, 8)
	w.must(change(eventra.Released, cancelled))
	all = append([]eventra.ID{cancelled.ID}, all...)

	var listed []eventra.ID
	page := eventra.Page{Limit: 4}
	for {
		bookings, next, err := w.store.UserBookings(w.t.Context(), w.user.ID, eventra.BookingFilter{}, page)
		require.NoError(w.t, err)
		for _, b := range bookings {
			require.NotEmpty(w.t, b.Seats)
			listed = append(listed, b.ID)
		}
		if next == nil {
			break
		}
		require.Len(w.t, bookings, page.Limit)
		page.Cursor = next
	}
	require.Equal(w.t, all, listed)

	for name, c := range map[string]struct {
		filter eventra.BookingFilter
		count  int
	}{
		"by status":       {eventra.BookingFilter{Status: eventra.BookingCancelled}, 1},
		"by event":        {eventra.BookingFilter{EventID: w.event.ID}, 6},
		"by both":         {eventra.BookingFilter{EventID: w.event.ID, Status: eventra.BookingHeld}, 5},
		"of other events": {eventra.BookingFilter{EventID: NewID()}, 0},
	} {
		found, next, err := w.store.UserBookings(w.t.Context(), w.user.ID, c.filter, eventra.Page{Limit: 6})
		require.NoError(w.t, err)
		require.Len(w.t, found, c.count, name)
		require.Nil(w.t, next, name)
	}
	found, _, err := w.store.UserBookings(w.t.Context(), NewID(), eventra.BookingFilter{}, page)
	require.NoError(w.t, err)
	require.Empty(w.t, found)
}

func holdsDue(w *world) {
	due := func(ahead time.Duration) bool {
		events, err := w.store.EventsWithHoldsDue(w.t.Context(), ahead, 1000)
		require.NoError(w.t, err)
		for _, id := range events {
			if id == w.event.ID {
				return true
			}
		}
		return false
	}
	w.hold(longHold, 0)
	require.False(w.t, due(0))
	require.True(w.t, due(longHold+time.Minute))
	b := w.hold(pastHold, 1)
	w.hold(pastHold, 2)
	require.True(w.t, due(0))
	w.must(change(eventra.Expired, b))
	require.True(w.t, due(0), "there is another one")
}
