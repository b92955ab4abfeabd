package persistencetest

import (
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// beside is another event of the same store, under an activation of its own.
func (w *world) beside() *world { return newWorld(w.t, w.store) }

func together(w *world) {
	other := w.beside()
	b, theirs := w.booking(1, 2), other.booking(1)
	again := w.booking(3)
	again.ID = w.hold(longHold, 4).ID
	receipts, err := w.store.CommitTogether(w.t.Context(), []*eventra.Batch{
		w.batch(longHold, change(eventra.Held, b), change(eventra.Held, again)),
		other.batch(2*longHold, change(eventra.Held, theirs)),
	})
	require.NoError(w.t, err)
	require.Len(w.t, receipts, 2)
	require.Equal(w.t, receipts[0].At, receipts[1].At, "one transaction")
	require.Equal(w.t, []bool{false, true}, receipts[0].Refused, "a guard refuses where it stands")
	require.Nil(w.t, receipts[1].Refused)
	require.Equal(w.t, receipts[0].At.Add(longHold), w.requireStatus(b, eventra.BookingHeld).ExpiresAt)
	require.Equal(w.t, receipts[0].At.Add(2*longHold), other.requireStatus(theirs, eventra.BookingHeld).ExpiresAt, "each by its own terms")
	ours, others := w.version, other.version
	require.Equal(w.t, ours, w.activate().States[2].Version)
	require.Equal(w.t, others, other.activate().States[1].Version)
	w.requireSeat(1, eventra.SeatHeld, b)
	w.requireSeat(3, eventra.SeatAvailable, nil)
	other.requireSeat(1, eventra.SeatHeld, theirs)
}

// One event's fault, of whatever kind, is not another one's: nothing is
// written, and each is told alone what is wrong with it.
func apart(w *world) {
	for name, spoil := range map[string]struct {
		other func(*world) *eventra.Batch
		want  error
	}{
		"fenced off": {func(o *world) *eventra.Batch {
			batch := o.batch(longHold, change(eventra.Held, o.booking(1)))
			o.activate()
			return batch
		}, eventra.ErrStaleEpoch},
		"out of touch": {func(o *world) *eventra.Batch {
			o.hold(longHold, 1)
			return o.batch(longHold, change(eventra.Held, o.booking(1)))
		}, eventra.ErrDiverged},
	} {
		other := w.beside()
		bad := spoil.other(other)
		b := w.booking(1)
		good := w.batch(longHold, change(eventra.Held, b))
		_, err := w.store.CommitTogether(w.t.Context(), []*eventra.Batch{good, bad})
		require.ErrorIs(w.t, err, eventra.ErrSplitBatch, name)
		w.requireGone(b)

		_, err = w.store.Commit(w.t.Context(), bad)
		require.ErrorIs(w.t, err, spoil.want, name)
		_, err = w.store.CommitTogether(w.t.Context(), []*eventra.Batch{bad})
		require.ErrorIs(w.t, err, spoil.want, "%s: one alone is told what is wrong", name)
		_, err = w.store.Commit(w.t.Context(), good)
		require.NoError(w.t, err, name)
		w.must(change(eventra.Released, b))
	}
}
