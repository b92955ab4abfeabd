package actors

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra"
)

const (
	// commitTimeout ends a commit whose outcome then counts as unknown; it is
	// shorter than a request's deadline, so that a retry has time.
	commitTimeout = 3 * time.Second
	// settleTimeout bounds the Redis round trips before and after a commit.
	settleTimeout = time.Second
)

// formation is flights of different events on their way together: one round
// trip for their locks, one transaction, one round trip for Redis to know.
type formation []*flight

// fly takes the locks, commits, and tells the actors; then it tells Redis, in
// a goroutine of its own. Flights that stood in each other's way go on alone.
func (f formation) fly(d *Dependencies) {
	f.awaitLocks()
	f.lock(d)
	if apart := f.commit(d); apart {
		for _, alone := range f {
			go func() {
				alone.commit(d)
				formation{alone}.land(d)
			}()
		}
		return
	}
	f.land(d)
}

func (f formation) awaitLocks() {
	for _, flight := range f {
		for _, before := range flight.after {
			<-before.settled // bounded by settleTimeout
		}
		flight.after = nil
	}
}

// lock takes the seats' locks. Without Redis the fence alone keeps the sale safe.
func (f formation) lock(d *Dependencies) {
	var wants []eventra.LockWant
	var wanting []*flight // by position in wants
	var at []int
	for _, flight := range f {
		more, changes := flight.wants()
		wants, at = append(wants, more...), append(at, changes...)
		for range more {
			wanting = append(wanting, flight)
		}
	}
	if len(wants) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	refused, err := d.Locks.Lock(ctx, wants)
	if err != nil {
		d.Metrics.locksSkipped.Inc()
		return
	}
	for i, no := range refused {
		if no {
			wanting[i].contend(at[i])
		}
	}
}

// commit commits what has its locks, unless the flights have to go apart.
func (f formation) commit(d *Dependencies) (apart bool) {
	var batches []*eventra.Batch
	var committing formation
	for _, flight := range f {
		if batch := flight.committing(); len(batch.Changes) > 0 {
			batches, committing = append(batches, batch), append(committing, flight)
		}
	}
	if len(batches) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	sent := time.Now()
	receipts, err := d.Store.CommitTogether(ctx, batches)
	back := time.Now()
	d.Metrics.committed(batches, back.Sub(sent), err)
	if errors.Is(err, eventra.ErrApart) {
		return true
	}
	for i, flight := range committing {
		var receipt eventra.Receipt
		if err == nil {
			receipt = receipts[i]
		}
		flight.sent, flight.back = sent, back
		flight.committed(receipt, err)
	}
	return false
}

// commit commits a flight that could not go with others.
func (f *flight) commit(d *Dependencies) {
	batch := f.committing()
	if len(batch.Changes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	f.sent = time.Now()
	receipt, err := d.Store.Commit(ctx, batch)
	f.back = time.Now()
	f.committed(receipt, err)
	d.Metrics.committed([]*eventra.Batch{batch}, f.back.Sub(f.sent), err)
}

// land tells the actors and then Redis. What Redis is told is read off the
// batches before, for from then on the changes are the actors' alone.
func (f formation) land(d *Dependencies) {
	var settlement eventra.Settlement
	for _, flight := range f {
		flight.settle(&settlement)
	}
	for _, flight := range f {
		close(flight.told)
		flight.arrived()
	}
	go f.settle(d, settlement)
}

func (f formation) settle(d *Dependencies, s eventra.Settlement) {
	defer func() {
		for _, flight := range f {
			close(flight.settled)
		}
	}()
	if len(s.Unlock)+len(s.Held)+len(s.Ended) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	if err := d.Locks.Settle(ctx, s); err != nil {
		// Locks run out by themselves, and the hold timer needs no TTL key.
		d.Log.Debug("redis not told of a batch", "events", len(f), "error", err)
	}
}
