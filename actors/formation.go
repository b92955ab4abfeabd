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
func (f formation) fly(r *runways) {
	f.awaitLocks(r)
	f.lock(r)
	if apart := f.commit(r); apart {
		for _, alone := range f {
			r.world.run(func() {
				alone.commit(r)
				formation{alone}.land(r)
			})
		}
		return
	}
	f.land(r)
}

func (f formation) awaitLocks(r *runways) {
	for _, flight := range f {
		for _, before := range flight.after {
			r.world.wait(before.settled) // bounded by settleTimeout
		}
		flight.after = nil
	}
}

// lock takes the seats' locks. Without Redis the fence alone keeps the sale safe.
func (f formation) lock(r *runways) {
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
	refused, err := r.Locks.Lock(ctx, wants)
	if err != nil {
		r.Metrics.locksSkipped.Inc()
		return
	}
	for i, no := range refused {
		if no {
			wanting[i].contend(at[i])
		}
	}
}

// commit commits what has its locks, unless the flights have to go apart.
func (f formation) commit(r *runways) (apart bool) {
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
	sent := r.world.now()
	receipts, err := r.Store.CommitTogether(ctx, batches)
	back := r.world.now()
	r.Metrics.committed(batches, back.Sub(sent), err)
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
func (f *flight) commit(r *runways) {
	batch := f.committing()
	if len(batch.Changes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	f.sent = r.world.now()
	receipt, err := r.Store.Commit(ctx, batch)
	f.back = r.world.now()
	f.committed(receipt, err)
	r.Metrics.committed([]*eventra.Batch{batch}, f.back.Sub(f.sent), err)
}

// land tells the actors and then Redis. What Redis is told is read off the
// batches before, for from then on the changes are the actors' alone.
func (f formation) land(r *runways) {
	var settlement eventra.Settlement
	for _, flight := range f {
		flight.settle(&settlement)
	}
	for _, flight := range f {
		close(flight.told)
		flight.arrived()
	}
	r.world.run(func() { f.settle(r, settlement) })
}

func (f formation) settle(r *runways, s eventra.Settlement) {
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
	if err := r.Locks.Settle(ctx, s); err != nil {
		// Locks run out by themselves, and the hold timer needs no TTL key.
		r.Log.Debug("redis not told of a batch", "events", len(f), "error", err)
	}
}
