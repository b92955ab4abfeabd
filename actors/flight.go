package actors

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra"
)

const (
	// batchChangesMax bounds one transaction: beyond some hundred changes a
	// larger batch only adds latency.
	batchChangesMax = 512
	// commitTimeout ends a commit whose outcome then counts as unknown; it is
	// shorter than a request's deadline, so that a retry has time.
	commitTimeout = 3 * time.Second
	// settleTimeout bounds the Redis round trip after a commit.
	settleTimeout = time.Second
)

// flight is a batch on its way: what one transaction is to persist and who
// waits for it.
type flight struct {
	batch    eventra.Batch
	requests []*request // by position in batch.Changes

	sent, landed time.Time // local
	contended    []bool    // by position: somebody else has the lock; not committed
	receipt      eventra.Receipt
	err          error

	told    chan struct{} // closed when the outcome is known
	settled chan struct{} // closed when Redis knows it too
}

func newFlight() *flight {
	return &flight{told: make(chan struct{}), settled: make(chan struct{})}
}

func (f *flight) add(c *eventra.Change, r *request) {
	f.batch.Changes = append(f.batch.Changes, c)
	f.requests = append(f.requests, r)
}

func (f *flight) full() bool { return len(f.batch.Changes) >= batchChangesMax }

// fly takes the locks, commits, tells the actor, and then Redis. It runs in a
// goroutine of its own. The locks of the flight before are given back first,
// for this one may want the same seats.
func (f *flight) fly(d *Dependencies, before <-chan struct{}, tell func()) {
	if before != nil {
		<-before
	}
	committing := f.lock(d)
	if len(committing.Changes) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
		var receipt eventra.Receipt
		f.sent = time.Now()
		receipt, f.err = d.Store.Commit(ctx, committing)
		f.landed = time.Now()
		cancel()
		f.receipt.At, f.receipt.Refused = receipt.At, f.spread(receipt.Refused)
		d.Metrics.commitSeconds.Observe(f.landed.Sub(f.sent).Seconds())
		d.Metrics.batchChanges.Observe(float64(len(committing.Changes)))
		d.Metrics.outcomes.WithLabelValues(outcomeName(f.err)).Inc()
	}
	// What Redis is told is read off the batch before the actor gets it back,
	// for from then on the changes are the actor's alone.
	settlement := f.settlement()
	close(f.told)
	tell()
	f.settle(d, settlement)
}

// lock takes the seats' locks and returns the batch without the changes that
// did not get theirs.
func (f *flight) lock(d *Dependencies) *eventra.Batch {
	var wants []eventra.LockWant
	var at []int
	for i, c := range f.batch.Changes {
		if c.Kind.TakesSeats() {
			wants, at = append(wants, lockWant(c.Booking)), append(at, i)
		}
	}
	if len(wants) == 0 {
		return &f.batch
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	refused, err := d.Locks.Lock(ctx, f.batch.EventID, wants)
	if err != nil {
		d.Metrics.locksSkipped.Inc() // the fence keeps the sale safe without them
		return &f.batch
	}
	committing := f.batch
	for i, no := range refused {
		if no {
			if f.contended == nil {
				f.contended = make([]bool, len(f.batch.Changes))
			}
			f.contended[at[i]] = true
		}
	}
	if f.contended != nil {
		committing.Changes = nil
		for i, c := range f.batch.Changes {
			if !f.contended[i] {
				committing.Changes = append(committing.Changes, c)
			}
		}
	}
	return &committing
}

// spread puts what the store refused back to the positions in the whole batch.
func (f *flight) spread(refused []bool) []bool {
	if refused == nil || f.contended == nil {
		return refused
	}
	all, next := make([]bool, len(f.batch.Changes)), 0
	for i := range all {
		if !f.contended[i] {
			all[i] = refused[next]
			next++
		}
	}
	return all
}

func lockWant(b *eventra.Booking) eventra.LockWant {
	want := eventra.LockWant{BookingID: b.ID, Seats: make([]eventra.SeatNo, len(b.Seats))}
	for i, s := range b.Seats {
		want.Seats[i] = s.No
	}
	return want
}

func (f *flight) settlement() (s eventra.Settlement) {
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
			s.Held = append(s.Held, eventra.HeldKey{BookingID: c.Booking.ID, TTL: f.batch.Hold})
		case eventra.Released, eventra.Expired, eventra.Confirmed:
			s.Ended = append(s.Ended, c.Booking.ID)
		}
	}
	return s
}

func (f *flight) is(flags []bool, i int) bool { return flags != nil && flags[i] }

func (f *flight) settle(d *Dependencies, s eventra.Settlement) {
	defer close(f.settled)
	if len(s.Unlock)+len(s.Held)+len(s.Ended) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	if err := d.Locks.Settle(ctx, f.batch.EventID, s); err != nil {
		// Locks run out by themselves, and the hold timer needs no TTL key.
		d.Log.Debug("redis not told of a batch", "event", f.batch.EventID, "error", err)
	}
}

func outcomeName(err error) string {
	switch {
	case err == nil:
		return "committed"
	case errors.Is(err, eventra.ErrStaleEpoch):
		return "stale_epoch"
	case errors.Is(err, eventra.ErrDiverged):
		return "diverged"
	case errors.Is(err, eventra.ErrNotCommitted):
		return "not_committed"
	}
	return "unknown"
}
