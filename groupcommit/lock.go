package groupcommit

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

// lockTimeout bounds the round trip before a commit.
const lockTimeout = time.Second

// lock takes the seat locks that the batches need, and brings the pending
// releases along. Without the keeper of the locks it leaves safety to the fence.
func (p *pipeline) lock(ctx context.Context, m merged) {
	if m = m.unprepared(); len(m) > 0 {
		p.lockNow(ctx, m)
	}
}

func (p *pipeline) lockNow(ctx context.Context, m merged) {
	requests := m.lockRequests()
	if len(requests) == 0 {
		p.releases.flush()
		return
	}
	ctx, span := p.beginStep(ctx, "lock")
	r := p.releases.take(m)
	defer p.releases.end(r)
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	refused, err := p.Locks.Lock(ctx, r.LockRelease, requests)
	endStep(span, err)
	if err != nil {
		p.Metrics.LocksSkipped()
		return
	}
	for _, b := range m {
		b.contend(refused[:len(b.locks)])
		refused = refused[len(b.locks):]
	}
}

// unprepared are the batches whose locks have not been taken ahead.
func (m merged) unprepared() (some merged) {
	for _, b := range m {
		if b.prepared == nil {
			some = append(some, b)
		}
	}
	return some
}

// lockRequests are those of all batches, one batch after the other.
func (m merged) lockRequests() (requests []eventra.LockRequest) {
	for _, b := range m {
		b.requestLocks()
		if len(m) == 1 {
			return b.locks
		}
		requests = append(requests, b.locks...)
	}
	return requests
}
