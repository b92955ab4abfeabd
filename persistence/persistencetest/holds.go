package persistencetest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func held(f *fixture) {
	b, other := f.booking(4, 2), f.booking(9)
	receipt := f.must(change(eventra.Held, b), change(eventra.Held, other))
	require.WithinDuration(f.t, time.Now(), receipt.At, time.Minute)
	stored := f.requireStatus(b, eventra.BookingHeld)
	require.Equal(f.t, receipt.At, stored.CreatedAt)
	require.Equal(f.t, receipt.At.Add(longHold), stored.ExpiresAt)
	require.Equal(f.t, b.Items, stored.Items)
	require.Equal(f.t, b.Total, stored.Total)
	require.Equal(f.t, f.user.ID, stored.UserID)
	require.Equal(f.t, receipt.References[0], stored.Reference)
	require.Equal(f.t, receipt.References[1], f.requireStatus(other, eventra.BookingHeld).Reference)
	require.NotEqual(f.t, receipt.References[0], receipt.References[1])
	version := f.version
	s := f.activate()
	for _, live := range s.Bookings {
		require.Contains(f.t, receipt.References, live.Reference)
	}
	require.Equal(f.t, version, s.States[4].Version)
	require.Equal(f.t, version, s.States[9].Version)
	require.Less(f.t, s.States[0].Version, version)
}

func heldTaken(f *fixture) {
	owner := f.hold(longHold, 5)
	good, bad := f.booking(6), f.booking(7, 5)
	_, err := f.commit(change(eventra.Held, good), change(eventra.Held, bad))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	f.requireGone(good)
	f.requireGone(bad)
	f.requireSeat(5, eventra.SeatHeld, owner)
	f.requireSeat(6, eventra.SeatAvailable, nil)

	nowhere := f.booking(0)
	nowhere.Items[0].No = eventra.SeatNo(len(f.seats))
	_, err = f.commit(change(eventra.Held, nowhere))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
}

func heldTwice(f *fixture) {
	b := f.hold(longHold, 1)
	again, other := f.booking(2), f.booking(3)
	again.ID = b.ID
	receipt, err := f.commit(change(eventra.Held, again), change(eventra.Held, other))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true, false}, receipt.Refused, "the change, not its batch")
	f.requireSeat(2, eventra.SeatAvailable, nil)
	f.requireSeat(1, eventra.SeatHeld, b)
	f.requireSeat(3, eventra.SeatHeld, other)
}

func released(f *fixture) {
	b := f.hold(longHold, 1, 2)
	f.must(change(eventra.Released, b))
	stored := f.requireStatus(b, eventra.BookingCancelled)
	requireReleased(f.t, b.Items, stored.Items)
	f.requireSeat(1, eventra.SeatAvailable, nil)
	_, err := f.commit(change(eventra.Released, b))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	f.hold(longHold, 2, 1)

	paying := f.hold(longHold, 3)
	f.pay(paying, grace)
	_, err = f.commit(change(eventra.Released, paying))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "a booking with a running payment is not released")
}

func expired(f *fixture) {
	due, early, alsoDue := f.hold(pastHold, 1, 2), f.hold(longHold, 3), f.hold(pastHold, 4)
	receipt, err := f.commit(change(eventra.Expired, due), change(eventra.Expired, early), change(eventra.Expired, alsoDue))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{false, true, false}, receipt.Refused)
	f.requireStatus(due, eventra.BookingExpired)
	f.requireStatus(early, eventra.BookingHeld)
	f.requireStatus(alsoDue, eventra.BookingExpired)
	f.requireSeat(2, eventra.SeatAvailable, nil)
	f.requireSeat(3, eventra.SeatHeld, early)
	f.hold(longHold, 1, 2, 4)

	_, err = f.commit(change(eventra.Expired, due))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "it is no longer a hold")
}

func expiredPaying(f *fixture) {
	b := f.hold(shortHold, 1)
	p := f.pay(b, grace)
	due := f.hold(shortHold, 2)
	f.eventually(func() bool { // whose deadline is after b's
		receipt, err := f.commit(change(eventra.Expired, due))
		require.NoError(f.t, err)
		return receipt.Refused == nil
	})
	alsoDue := f.hold(pastHold, 3)
	receipt, err := f.commit(change(eventra.Expired, b), change(eventra.Expired, alsoDue))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true, false}, receipt.Refused)

	f.must(paymentChange(eventra.PaymentEnded, b, p, eventra.PaymentDeclined))
	f.must(change(eventra.Expired, b))
	f.requireStatus(b, eventra.BookingExpired)
	f.requireSeat(1, eventra.SeatAvailable, nil)
}

func userBookings(f *fixture) {
	var all []eventra.ID
	for no := range eventra.SeatNo(5) {
		all = append([]eventra.ID{f.hold(longHold, no).ID}, all...)
	}
	cancelled := f.hold(longHold, 9, 8)
	f.must(change(eventra.Released, cancelled))
	all = append([]eventra.ID{cancelled.ID}, all...)

	var listed []eventra.ID
	page := eventra.Page{Limit: 4}
	for {
		bookings, next, err := f.store.UserBookings(f.t.Context(), f.user.ID, eventra.BookingFilter{}, page)
		require.NoError(f.t, err)
		for _, b := range bookings {
			require.NotEmpty(f.t, b.Items)
			listed = append(listed, b.ID)
		}
		if next == nil {
			break
		}
		require.Len(f.t, bookings, page.Limit)
		page.Cursor = next
	}
	require.Equal(f.t, all, listed)

	for name, c := range map[string]struct {
		filter eventra.BookingFilter
		count  int
	}{
		"by status":       {eventra.BookingFilter{Status: eventra.BookingCancelled}, 1},
		"by event":        {eventra.BookingFilter{EventID: f.event.ID}, 6},
		"by both":         {eventra.BookingFilter{EventID: f.event.ID, Status: eventra.BookingHeld}, 5},
		"of other events": {eventra.BookingFilter{EventID: NewID()}, 0},
	} {
		found, next, err := f.store.UserBookings(f.t.Context(), f.user.ID, c.filter, eventra.Page{Limit: 6})
		require.NoError(f.t, err)
		require.Len(f.t, found, c.count, name)
		require.Nil(f.t, next, name)
	}
	found, _, err := f.store.UserBookings(f.t.Context(), NewID(), eventra.BookingFilter{}, page)
	require.NoError(f.t, err)
	require.Empty(f.t, found)
}

func holdsDue(f *fixture) {
	due := func(ahead time.Duration) bool {
		events, err := f.store.EventsWithHoldsDue(f.t.Context(), ahead, 1000)
		require.NoError(f.t, err)
		return slices.Contains(events, f.event.ID)
	}
	f.hold(longHold, 0)
	require.False(f.t, due(0))
	require.True(f.t, due(longHold+time.Minute))
	b := f.hold(pastHold, 1)
	f.hold(pastHold, 2)
	require.True(f.t, due(0))
	f.must(change(eventra.Expired, b))
	require.True(f.t, due(0), "another hold is due")
}

// requireReleased requires that an ended booking's items are what they were, released.
func requireReleased(t *testing.T, before, after []eventra.Item) {
	t.Helper()
	after = slices.Clone(after)
	for i := range after {
		require.True(t, after[i].Released)
		after[i].Released = false
	}
	require.Equal(t, before, after)
}
