package groupcommit

import "sync"

// So many transactions of this instance are under way at a time, one for each of its CPUs
// within these limits. Batches that come while all are busy are merged, so that a thousand
// lukewarm events need few transactions. A larger pool only merges less. With two, a
// transaction that hangs does not stop the others.
const commitsMin, commitsMax = 2, 4

// Pool commits the batches of all events of an instance, in few
// transactions at a time. Its methods may be called from any goroutine.
type Pool struct {
	pipeline pipeline
	commits  int // transactions at a time

	mu      sync.Mutex
	busy    int // transactions under way
	waiting []*Batch
}

// NewPool makes a pool without work.
func NewPool(c Config) *Pool {
	return &Pool{pipeline: pipeline{Config: c, releases: newReleases(&c)},
		commits: min(commitsMax, max(commitsMin, c.Runtime.CPUs()))}
}

// Submit commits a batch, which is not empty, and calls completed once from
// another goroutine when its outcome is known. It does not block. Batches of an
// event are submitted one after the other has completed.
func (p *Pool) Submit(b *Batch, completed func()) {
	b.completed, b.done = completed, make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy == p.commits {
		p.waiting = append(p.waiting, b)
		return
	}
	p.busy++
	p.pipeline.Runtime.Run(func() { p.work(merged{b}) })
}

// ReleasePending tells the keeper of the locks of completed batches now, in the
// background, unless a batch has taken that along. A caller that has no next
// batch to submit calls it.
func (p *Pool) ReleasePending() { p.pipeline.releases.flush() }

// work commits batches as long as some wait.
func (p *Pool) work(next merged) {
	for next != nil {
		p.pipeline.process(next)
		next = p.next()
	}
}

// next merges the waiting batches; nil ends the work.
func (p *Pool) next() (next merged) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.busy--
		return nil
	}
	next, p.waiting = merge(p.waiting)
	return next
}
