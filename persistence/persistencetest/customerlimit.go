package persistencetest

import (
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// customerLimit looks at what the store says to a writer that has miscounted.
func customerLimit(f *fixture) {
	f.event.MaxSeatsPerCustomer = 3
	first := f.hold(longHold, 0, 1)
	diverges := func(changes ...*eventra.Change) {
		f.t.Helper()
		_, err := f.commit(changes...)
		require.ErrorIs(f.t, err, eventra.ErrDiverged)
		for _, c := range changes {
			f.requireGone(c.Booking)
		}
	}
	hold := func(nos ...eventra.SeatNo) *eventra.Change { return change(eventra.Held, f.booking(nos...)) }
	diverges(hold(2, 3))
	diverges(hold(2), hold(3))
	diverges(f.keyed(newKey(), 2, 3))
	diverges(f.keyed(newKey(), 2), hold(3))
	diverges(hold(2, 3, 4, 5))

	another := hold(2, 3, 4)
	another.Booking.UserID = NewID()
	f.must(another, hold(5))
	diverges(hold(6))

	f.must(change(eventra.Released, first))
	f.must(hold(6, 7))
	diverges(hold(8))
}

func customerLimitOfLateMoney(f *fixture) {
	f.event.MaxSeatsPerCustomer = 3
	_, p := f.missed(0, 1)
	f.hold(longHold, 2, 3)
	late := paymentChange(eventra.Rebooked, f.successor(p, 0, 1), p, eventra.PaymentSucceeded)
	_, err := f.commit(late)
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	f.requireGone(late.Booking)
	f.requirePayment(p, eventra.PaymentPending)
	f.event.MaxSeatsPerCustomer = 4
	f.must(late)
}

// customerLimitNotGuarded: a limit that nobody can reach is no reason to count.
func customerLimitNotGuarded(f *fixture) {
	batch := f.batch(longHold, change(eventra.Held, f.booking(0, 1)))
	batch.CustomerLimit = 0
	_, err := f.store.Commit(f.t.Context(), batch)
	require.NoError(f.t, err)
}
