package persistencetest

import (
	"slices"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// keyed is a hold under a key.
func (f *fixture) keyed(key eventra.IdempotencyKey, nos ...eventra.SeatNo) *eventra.Change {
	c := change(eventra.Held, f.booking(nos...))
	c.Attempt = newAttempt(key, someRequest, c.Booking.ID, 0)
	return c
}

// begin asks for a key with another id.
func (f *fixture) begin(key eventra.IdempotencyKey, request [32]byte) (*eventra.IdempotencyClaim, error) {
	return f.store.Begin(f.t.Context(), newAttempt(key, request, NewID(), lease))
}

func (f *fixture) requireMadeUnder(key eventra.IdempotencyKey, c *eventra.Change) {
	f.t.Helper()
	claim, err := f.begin(key, someRequest)
	require.NoError(f.t, err)
	require.Equal(f.t, &eventra.IdempotencyClaim{ResourceID: c.Booking.ID, Held: true}, claim)
}

func heldWithKey(f *fixture) {
	key := newKey()
	c := f.keyed(key, 1, 2)
	plain := f.booking(3)
	f.must(c, change(eventra.Held, plain))
	f.requireStatus(c.Booking, eventra.BookingHeld)
	f.requireStatus(plain, eventra.BookingHeld)
	_, err := f.begin(key, otherRequest)
	require.Equal(f.t, eventra.CodeIdempotencyKeyReused, eventra.CodeOf(err))
	f.requireMadeUnder(key, c)
	f.must(change(eventra.Released, c.Booking))
	f.requireMadeUnder(key, c)
	// A member of the release before answers with the booking as it is, and stores that.
	require.NoError(f.t, f.store.Finish(f.t.Context(), c.Attempt, eventra.StoredResponse{Status: 201, Body: []byte("as it is now")}))
	f.requireMadeUnder(key, c)
}

func heldWithUsedKey(f *fixture) {
	key := newKey()
	first, again, plain := f.keyed(key, 1), f.keyed(key, 2), change(eventra.Held, f.booking(3))
	f.must(first)
	receipt, err := f.commit(again, plain)
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true, false}, receipt.Refused)
	f.requireGone(again.Booking)
	f.requireSeat(2, eventra.SeatAvailable, nil)
	f.requireMadeUnder(key, first)

	f.must(change(eventra.Released, first.Booking))
	receipt, err = f.commit(first)
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true}, receipt.Refused, "the same attempt again")

	twice := newKey()
	receipt, err = f.commit(f.keyed(twice, 4), f.keyed(twice, 5))
	require.NoError(f.t, err)
	require.ElementsMatch(f.t, []bool{true, false}, receipt.Refused)

	claimed := newKey()
	_, err = f.begin(claimed, someRequest)
	require.NoError(f.t, err)
	receipt, err = f.commit(f.keyed(claimed, 6))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true}, receipt.Refused, "another attempt has claimed it")
}

func failedWithKey(f *fixture) {
	f.hold(longHold, 1)
	key := newKey()
	_, err := f.commit(f.keyed(key, 2), change(eventra.Held, f.booking(1)))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	claim, err := f.begin(key, someRequest)
	require.NoError(f.t, err)
	require.True(f.t, claim.New())
}

// sameKeys: transactions that write the same keys, in any order, wait for each other and
// write each key once.
func sameKeys(f *fixture) {
	const keys = 8
	all := make([]eventra.IdempotencyKey, keys)
	for i := range all {
		all[i] = newKey()
	}
	events := []*fixture{f, f.anotherEvent(), f.anotherEvent()}
	made := make([]int, len(events))
	var running sync.WaitGroup
	for i, event := range events {
		var changes []*eventra.Change
		for no, key := range all {
			changes = append(changes, event.keyed(key, eventra.SeatNo(no)))
		}
		if i%2 == 1 {
			slices.Reverse(changes)
		}
		batch := event.batch(longHold, changes...)
		running.Go(func() {
			receipts, err := f.store.CommitTogether(f.t.Context(), []*eventra.Batch{batch})
			if err != nil {
				f.t.Error(err)
				return
			}
			made[i] = keys
			for _, refused := range receipts[0].Refused {
				if refused {
					made[i]--
				}
			}
		})
	}
	running.Wait()
	require.Equal(f.t, keys, made[0]+made[1]+made[2])
}
