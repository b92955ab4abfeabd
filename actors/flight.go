package actors

import (
	"slices"
	"time"

	"github.com/eventra/eventra"
)

// batchChangesMax bounds what one event has in one transaction: beyond some
// hundred changes a larger batch only adds latency.
const batchChangesMax = 512

// flight is one event's batch on its way: what a transaction is to persist
// and who waits for it.
type flight struct {
	batch    eventra.Batch
	requests []*request // by position in batch.Changes
	due      int        // how many of the changes end holds whose time is over
	after    []*flight  // whose locks have to be given back first, for this one may want the same seats
	arrived  func()     // tells the actor

	sent, back time.Time // local; zero if nothing was sent
	contended  []bool    // by position: somebody else has the lock; not committed
	receipt    eventra.Receipt
	err        error

	told    chan struct{} // closed when the outcome is known
	settled chan struct{} // closed when Redis knows it too
	owed    bool          // Redis is to learn of it, and nobody is telling it; the runways' alone
}

func newFlight() *flight {
	return &flight{told: make(chan struct{}), settled: make(chan struct{})}
}

func (f *flight) add(c *eventra.Change, r *request) {
	f.batch.Changes = append(f.batch.Changes, c)
	if c.Kind == eventra.Expired {
		f.due++
	}
	f.requests = append(f.requests, r)
}

// isSettled reports whether Redis knows, or nobody will tell it any more.
func (f *flight) isSettled() bool {
	select {
	case <-f.settled:
		return true
	default:
		return false
	}
}

func (f *flight) len() int { return len(f.requests) }

func (f *flight) full() bool { return f.len() >= batchChangesMax }

func (f *flight) is(flags []bool, i int) bool { return flags != nil && flags[i] }

// wants are the locks that the flight needs, and the changes that need them.
func (f *flight) wants() (wants []eventra.LockRequest, at []int) {
	wants, at = make([]eventra.LockRequest, 0, f.len()), make([]int, 0, f.len())
	for i, c := range f.batch.Changes {
		if c.Kind.TakesSeats() {
			wants, at = append(wants, lockWant(c.Booking)), append(at, i)
		}
	}
	return wants, at
}

func lockWant(b *eventra.Booking) eventra.LockRequest {
	want := eventra.LockRequest{EventID: b.EventID, BookingID: b.ID, Seats: make([]eventra.SeatNo, len(b.Seats))}
	for i, s := range b.Seats {
		want.Seats[i] = s.No
	}
	return want
}

// contend notes a change that did not get its lock.
func (f *flight) contend(i int) {
	if f.contended == nil {
		f.contended = make([]bool, len(f.batch.Changes))
	}
	f.contended[i] = true
}

// committing is the batch without the changes that did not get their lock.
func (f *flight) committing() *eventra.Batch {
	if f.contended == nil {
		return &f.batch
	}
	batch := f.batch
	batch.Changes = nil
	for i, c := range f.batch.Changes {
		if !f.contended[i] {
			batch.Changes = append(batch.Changes, c)
		}
	}
	return &batch
}

// committed takes the outcome of what was committing.
func (f *flight) committed(receipt eventra.Receipt, err error) {
	f.receipt, f.err = receipt, err
	if receipt.Refused == nil || f.contended == nil {
		return
	}
	f.receipt.Refused = make([]bool, len(f.batch.Changes)) // by positions in the whole batch
	next := 0
	for i := range f.receipt.Refused {
		if !f.contended[i] {
			f.receipt.Refused[i] = receipt.Refused[next]
			next++
		}
	}
}

// settle adds what Redis has to learn of the flight.
func (f *flight) settle(s *eventra.LockRelease) {
	others := f.len() - f.due // mostly holds
	s.Unlock, s.Held, s.Ended = slices.Grow(s.Unlock, others), slices.Grow(s.Held, others), slices.Grow(s.Ended, f.due)
	for i, c := range f.batch.Changes {
		if f.is(f.contended, i) {
			continue
		}
		if c.Kind.TakesSeats() {
			s.Unlock = append(s.Unlock, lockWant(c.Booking))
		}
		if f.err != nil || f.is(f.receipt.Refused, i) {
			continue
		}
		switch c.Kind {
		case eventra.Held:
			s.Held = append(s.Held, eventra.HoldKey{HoldRef: holdRef(c.Booking), TTL: f.batch.Hold})
		case eventra.Released, eventra.Expired, eventra.Confirmed:
			s.Ended = append(s.Ended, holdRef(c.Booking))
		}
	}
}

func holdRef(b *eventra.Booking) eventra.HoldRef {
	return eventra.HoldRef{EventID: b.EventID, BookingID: b.ID}
}
