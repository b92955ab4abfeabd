package groupcommit

import (
	"slices"
	"time"

	"github.com/eventra/eventra"
)

// BatchChangesMax bounds the changes of one event in one transaction: beyond
// some hundred, a larger batch only adds latency.
const BatchChangesMax = 512

// Batch is the changes of one event that one transaction is to persist. It
// belongs to its caller until it is submitted, then to the pool, and again to
// its caller once it has completed. Slices that concern single changes are by
// position in Changes.
type Batch struct {
	eventra.Batch

	// Sent and Received are the local times of the commit and its answer; zero
	// if nothing was sent, because every change was contended.
	Sent, Received time.Time
	Receipt        eventra.Receipt
	Err            error // nil if committed

	blocks    int           // seats of its blockings
	prepared  chan struct{} // closed when the locks were taken ahead; nil if they are taken after Submit
	locks     []eventra.LockRequest
	locking   []int  // by position in locks: the change that needs the lock
	contended []bool // changes that met another booking's lock; nil if none did
	completed func()
	done      chan struct{}
	traced    *traced // nil: no request in it is traced
}

// Add appends a change to a batch that is not submitted yet.
func (b *Batch) Add(c *eventra.Change) {
	b.Changes = append(b.Changes, c)
	b.blocks += len(c.Seats)
}

// Len is the number of changes.
func (b *Batch) Len() int { return len(b.Changes) }

// weight is the number of changes, where each seat of a blocking counts as one.
func (b *Batch) weight() int { return b.Len() + b.blocks }

// Full reports whether the batch has no room for another change.
func (b *Batch) Full() bool { return b.Len() >= BatchChangesMax }

// Contended reports whether change i was not sent because it met another booking's lock.
func (b *Batch) Contended(i int) bool { return b.contended != nil && b.contended[i] }

// Refused reports whether the store's own guard refused change i and committed
// the others.
func (b *Batch) Refused(i int) bool { return b.Receipt.Refused != nil && b.Receipt.Refused[i] }

// Reference is that of the booking that change i made.
func (b *Batch) Reference(i int) eventra.Reference {
	if b.Receipt.References == nil {
		return 0
	}
	return b.Receipt.References[i]
}

// Join appends a prepared batch to another one of the same event.
func (b *Batch) Join(next *Batch) {
	if b.contended != nil || next.contended != nil {
		b.contended = append(b.allContended(), next.allContended()...)
	}
	for _, i := range next.locking {
		b.locking = append(b.locking, b.Len()+i)
	}
	b.locks = append(b.locks, next.locks...)
	b.blocks += next.blocks
	b.Changes = append(b.Changes, next.Changes...)
	b.prepared = next.prepared
	b.joinTraced(next)
}

// allContended has an entry for each change.
func (b *Batch) allContended() []bool {
	if b.contended == nil {
		return make([]bool, b.Len())
	}
	return b.contended
}

// Done is closed when a submitted batch has completed, just before its caller is told.
func (b *Batch) Done() <-chan struct{} { return b.done }

// requestLocks makes a lock request of each change that takes seats.
func (b *Batch) requestLocks() {
	b.locks, b.locking = make([]eventra.LockRequest, 0, b.Len()), make([]int, 0, b.Len())
	for i, c := range b.Changes {
		if !c.Kind.TakesSeats() {
			continue
		}
		if request := lockRequest(c.Booking); len(request.Seats) > 0 { // places need no lock
			b.locks, b.locking = append(b.locks, request), append(b.locking, i)
		}
	}
}

func lockRequest(b *eventra.Booking) eventra.LockRequest {
	request := eventra.LockRequest{EventID: b.EventID, BookingID: b.ID, Seats: make([]eventra.SeatNo, 0, len(b.Items))}
	for _, item := range b.OwnSeats() {
		request.Seats = append(request.Seats, item.No)
	}
	return request
}

// contend marks the changes whose lock requests were refused.
func (b *Batch) contend(refused []bool) {
	for i, no := range refused {
		if !no {
			continue
		}
		if b.contended == nil {
			b.contended = make([]bool, b.Len())
		}
		b.contended[b.locking[i]] = true
	}
}

// uncontended is what the store is sent: the batch without contended changes.
func (b *Batch) uncontended() *eventra.Batch {
	if b.contended == nil {
		return &b.Batch
	}
	sent := b.Batch
	sent.Changes = nil
	for i, c := range b.Changes {
		if !b.contended[i] {
			sent.Changes = append(sent.Changes, c)
		}
	}
	return &sent
}

// setOutcome takes the store's answer to uncontended.
func (b *Batch) setOutcome(sent, received time.Time, receipt eventra.Receipt, err error) {
	b.Sent, b.Received, b.Receipt, b.Err = sent, received, receipt, err
	if b.contended != nil {
		b.Receipt.Refused, b.Receipt.References = byChange(b, receipt.Refused), byChange(b, receipt.References)
	}
}

// byChange has what the store said of the changes that it was sent at the positions that they
// have in the batch.
func byChange[T any](b *Batch, sent []T) []T {
	if sent == nil {
		return nil
	}
	all, next := make([]T, b.Len()), 0
	for i := range all {
		if !b.contended[i] {
			all[i] = sent[next]
			next++
		}
	}
	return all
}

// appendRelease adds what the keeper of the locks has to learn of a batch
// whose outcome is known.
func (b *Batch) appendRelease(r *eventra.LockRelease) {
	r.Unlock = slices.Grow(r.Unlock, len(b.locks))
	for i, lock := range b.locks {
		if !b.Contended(b.locking[i]) {
			r.Unlock = append(r.Unlock, lock)
		}
	}
	if b.Err != nil {
		return
	}
	r.Held, r.Ended = slices.Grow(r.Held, len(b.locks)), slices.Grow(r.Ended, b.Len()-len(b.locks))
	for i, c := range b.Changes {
		if b.Contended(i) || b.Refused(i) {
			continue
		}
		switch c.Kind {
		case eventra.Held:
			r.Held = append(r.Held, eventra.HoldKey{HoldRef: holdRef(c.Booking), TTL: b.Hold})
		case eventra.Released, eventra.Expired, eventra.Confirmed:
			r.Ended = append(r.Ended, holdRef(c.Booking))
		}
	}
}

func holdRef(b *eventra.Booking) eventra.HoldRef {
	return eventra.HoldRef{EventID: b.EventID, BookingID: b.ID}
}
