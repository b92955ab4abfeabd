package groupcommit

import "github.com/eventra/eventra"

// Prepare takes the locks of a batch ahead of its submission, while the event's
// previous batch is in flight, and calls prepared once from another goroutine. It
// does not block. It reports false, and does nothing, while the pool is busy: then
// batches share a round trip for their locks after Submit. A prepared batch is
// submitted, joined to another one, or discarded.
func (p *Pool) Prepare(b *Batch, prepared func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy == p.commits {
		return false
	}
	b.prepared = make(chan struct{})
	p.pipeline.Runtime.Run(func() {
		p.pipeline.lockNow(b.traced.context(), merged{b})
		close(b.prepared)
		prepared()
	})
	return true
}

// Prepared is closed when the locks of a batch have been taken ahead.
func (b *Batch) Prepared() <-chan struct{} { return b.prepared }

// Discard gives the locks of a prepared batch back that will not be submitted.
func (p *Pool) Discard(b *Batch) {
	b.Err = eventra.ErrNotCommitted
	p.pipeline.releases.enqueue(merged{b})
}
