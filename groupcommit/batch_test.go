package groupcommit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// TestBatch_Positions: what the locks and the store say of single changes is
// told by the changes' positions in the whole batch.
func TestBatch_Positions(t *testing.T) {
	t.Parallel()
	hold, release := eventra.Held, eventra.Released
	for name, test := range map[string]struct {
		kinds     []eventra.ChangeKind
		locked    []bool // refused lock requests, by request
		sent      []int  // bookings that the store is sent
		refused   []bool // by the store, by position in what is sent
		contended []int  // bookings
		rejected  []int  // bookings
	}{
		"nothing refused":             {kinds: []eventra.ChangeKind{hold, hold}, locked: []bool{false, false}, sent: []int{1, 2}},
		"the store refuses one":       {kinds: []eventra.ChangeKind{hold, hold}, locked: []bool{false, false}, sent: []int{1, 2}, refused: []bool{false, true}, rejected: []int{2}},
		"a lock is refused":           {kinds: []eventra.ChangeKind{hold, hold, hold}, locked: []bool{false, true, false}, sent: []int{1, 3}, contended: []int{2}},
		"both":                        {kinds: []eventra.ChangeKind{hold, hold, hold, hold}, locked: []bool{true, false, true, false}, sent: []int{2, 4}, refused: []bool{false, true}, contended: []int{1, 3}, rejected: []int{4}},
		"changes without locks count": {kinds: []eventra.ChangeKind{release, hold, release, hold}, locked: []bool{true, false}, sent: []int{1, 3, 4}, refused: []bool{true, false, false}, contended: []int{2}, rejected: []int{1}},
		"all locks are refused":       {kinds: []eventra.ChangeKind{hold, hold}, locked: []bool{true, true}, contended: []int{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBatch('a', test.kinds...)
			b.requestLocks()
			require.Len(t, b.locks, len(test.locked))
			b.contend(test.locked)
			var sent []int
			var references []eventra.Reference
			for _, c := range b.uncontended().Changes {
				sent = append(sent, int(c.Booking.ID[15]))
				references = append(references, eventra.Reference(c.Booking.ID[15]))
			}
			require.Equal(t, test.sent, sent)
			b.setOutcome(time.Time{}, time.Time{}, eventra.Receipt{Refused: test.refused, References: references}, nil)
			var contended, rejected []int
			for i := range b.Changes {
				if b.Contended(i) {
					contended = append(contended, i+1)
				} else {
					require.EqualValues(t, i+1, b.Reference(i))
				}
				if b.Refused(i) {
					rejected = append(rejected, i+1)
				}
			}
			require.Equal(t, test.contended, contended)
			require.Equal(t, test.rejected, rejected)
		})
	}
}

// TestBatch_AppendRelease: every lock is given back, and keys of holds follow
// what was committed.
func TestBatch_AppendRelease(t *testing.T) {
	t.Parallel()
	all := []eventra.ChangeKind{eventra.Held, eventra.Held, eventra.Released, eventra.Expired, eventra.Confirmed,
		eventra.Rebooked, eventra.PaymentStarted, eventra.Refunded}
	for name, test := range map[string]struct {
		contended, refused  []bool
		err                 error
		unlock, held, ended []int
	}{
		"committed":             {unlock: []int{1, 2, 6}, held: []int{1, 2}, ended: []int{3, 4, 5}},
		"one contended":         {contended: []bool{true, false, false}, unlock: []int{2, 6}, held: []int{2}, ended: []int{3, 4, 5}},
		"some refused":          {refused: []bool{0: true, 3: true, 7: false}, unlock: []int{1, 2, 6}, held: []int{2}, ended: []int{3, 5}},
		"not committed":         {err: eventra.ErrNotCommitted, unlock: []int{1, 2, 6}},
		"of an unknown outcome": {err: eventra.ErrOutcomeUnknown, unlock: []int{1, 2, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBatch('a', all...)
			b.requestLocks()
			b.contend(test.contended)
			b.Receipt.Refused, b.Err = test.refused, test.err
			var r eventra.LockRelease
			b.appendRelease(&r)
			require.Equal(t, test.unlock, numbers(r.Unlock))
			var held, ended []int
			for _, key := range r.Held {
				require.Equal(t, time.Minute, key.TTL)
				require.Equal(t, b.EventID, key.EventID)
				held = append(held, int(key.BookingID[15]))
			}
			for _, ref := range r.Ended {
				ended = append(ended, int(ref.BookingID[15]))
			}
			require.Equal(t, test.held, held)
			require.Equal(t, test.ended, ended)
		})
	}
}
