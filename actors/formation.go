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
// trip for their locks, one transaction.
type formation []*flight

// fly takes the locks, commits, and tells the actors. Flights that stood in each
// other's way go on alone.
func (f formation) fly(r *runways) {
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

// lock takes the seats' locks, and tells Redis of the flights before on the
// way. Without Redis the fence alone keeps the sale safe.
func (f formation) lock(r *runways) {
	var wants []eventra.LockRequest
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
		r.settle()
		return
	}
	owed := f.awaitLocks(r)
	defer owed.settled()
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	refused, err := r.Locks.Lock(ctx, owed.LockRelease, wants)
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

// awaitLocks waits until the locks of the flights before can be given back on
// the way, or have been.
func (f formation) awaitLocks(r *runways) debts {
	var before []*flight
	for _, flight := range f {
		before = append(before, flight.after...)
		flight.after = nil
	}
	for {
		owed, settling := r.collect(before)
		if settling == nil {
			return owed
		}
		r.world.wait(settling.settled) // bounded by settleTimeout
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
	if errors.Is(err, eventra.ErrSplitBatch) {
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

// land tells the actors. What Redis is to learn is read off the batches before,
// for from then on the changes are the actors' alone.
func (f formation) land(r *runways) {
	for _, flight := range f {
		r.owe(flight)
	}
	for _, flight := range f {
		close(flight.told)
		flight.arrived()
	}
}
