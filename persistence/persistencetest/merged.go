package persistencetest

import (
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// anotherEvent is a second event in the same store, under its own activation.
func (f *fixture) anotherEvent() *fixture { return newFixture(f.t, f.store) }

func merged(f *fixture) {
	other := f.anotherEvent()
	b, theirs := f.booking(1, 2), other.booking(1)
	again := f.booking(3)
	again.ID = f.hold(longHold, 4).ID
	receipts, err := f.store.CommitTogether(f.t.Context(), []*eventra.Batch{
		f.batch(longHold, change(eventra.Held, b), change(eventra.Held, again)),
		other.batch(2*longHold, change(eventra.Held, theirs)),
	})
	require.NoError(f.t, err)
	require.Len(f.t, receipts, 2)
	require.Equal(f.t, receipts[0].At, receipts[1].At, "one transaction")
	require.Equal(f.t, []bool{false, true}, receipts[0].Refused, "a guard refuses one change of one batch")
	require.Nil(f.t, receipts[1].Refused)
	require.Equal(f.t, receipts[0].At.Add(longHold), f.requireStatus(b, eventra.BookingHeld).ExpiresAt)
	require.Equal(f.t, receipts[0].At.Add(2*longHold), other.requireStatus(theirs, eventra.BookingHeld).ExpiresAt, "each by its own terms")
	ours, others := f.version, other.version
	require.Equal(f.t, ours, f.activate().States[2].Version)
	require.Equal(f.t, others, other.activate().States[1].Version)
	f.requireSeat(1, eventra.SeatHeld, b)
	f.requireSeat(3, eventra.SeatAvailable, nil)
	other.requireSeat(1, eventra.SeatHeld, theirs)
}

// split: a fault of one event is none of another's. Nothing is written, and each
// batch, committed alone, returns its own error.
func split(f *fixture) {
	for name, spoil := range map[string]struct {
		other func(*fixture) *eventra.Batch
		want  error
	}{
		"fenced off": {func(o *fixture) *eventra.Batch {
			batch := o.batch(longHold, change(eventra.Held, o.booking(1)))
			o.activate()
			return batch
		}, eventra.ErrStaleEpoch},
		"diverged": {func(o *fixture) *eventra.Batch {
			o.hold(longHold, 1)
			return o.batch(longHold, change(eventra.Held, o.booking(1)))
		}, eventra.ErrDiverged},
	} {
		other := f.anotherEvent()
		bad := spoil.other(other)
		b := f.booking(1)
		good := f.batch(longHold, change(eventra.Held, b))
		_, err := f.store.CommitTogether(f.t.Context(), []*eventra.Batch{good, bad})
		require.ErrorIs(f.t, err, eventra.ErrSplitBatch, name)
		f.requireGone(b)

		_, err = f.store.Commit(f.t.Context(), bad)
		require.ErrorIs(f.t, err, spoil.want, name)
		_, err = f.store.CommitTogether(f.t.Context(), []*eventra.Batch{bad})
		require.ErrorIs(f.t, err, spoil.want, "%s: alone it returns its own error", name)
		_, err = f.store.Commit(f.t.Context(), good)
		require.NoError(f.t, err, name)
		f.must(change(eventra.Released, b))
	}
}
