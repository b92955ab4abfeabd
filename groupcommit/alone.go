package groupcommit

import "sync"

// commitsAloneMax is the number of split batches that commit at a time. They wait for rows
// that others have locked, so they get no place of the pool and leave half of the
// connections to everything else.
const commitsAloneMax = commitsMax

// alone is the split batches that wait or commit. The zero value has none.
type alone struct {
	mu      sync.Mutex
	busy    int
	waiting []*Batch
}

// commitEach commits batches one by one, in the background.
func (p *pipeline) commitEach(m merged) {
	p.alone.mu.Lock()
	defer p.alone.mu.Unlock()
	p.alone.waiting = append(p.alone.waiting, m...)
	for range min(len(m), commitsAloneMax-p.alone.busy) {
		p.alone.busy++
		p.Runtime.Run(p.workAlone)
	}
}

// workAlone commits split batches as long as some wait.
func (p *pipeline) workAlone() {
	for b := p.alone.next(); b != nil; b = p.alone.next() {
		p.commitAlone(b)
		p.complete(merged{b})
	}
}

// next takes the batch that has waited longest; nil ends the work.
func (a *alone) next() (b *Batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		a.busy, a.waiting = a.busy-1, nil
		return nil
	}
	b, a.waiting[0] = a.waiting[0], nil
	a.waiting = a.waiting[1:]
	return b
}
