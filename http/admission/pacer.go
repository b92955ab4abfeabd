package admission

import (
	"sync/atomic"
	"time"
)

// Pacer delays rejections so that refusing costs less than selling. It allows one
// rejection for every [completionsPerRejection] completed requests, a burst of
// [rejectionBurst] besides, and delays none for longer than [rejectionDelayMax].
type Pacer struct {
	tokens    chan struct{}
	completed atomic.Uint64
}

const (
	completionsPerRejection = 8
	rejectionBurst          = 64
	rejectionDelayMax       = time.Second
)

// NewPacer makes a pacer whose burst is unused.
func NewPacer() *Pacer {
	p := &Pacer{tokens: make(chan struct{}, rejectionBurst)}
	for range rejectionBurst {
		p.tokens <- struct{}{}
	}
	return p
}

// Completed counts one request that was admitted and answered.
func (p *Pacer) Completed() {
	if p.completed.Add(1)%completionsPerRejection != 0 {
		return
	}
	select {
	case p.tokens <- struct{}{}:
	default:
	}
}

// Wait returns when the caller may send a rejection: callers go in the order in which
// they came. Meanwhile the caller holds no slot, only its connection.
func (p *Pacer) Wait() {
	select {
	case <-p.tokens:
		return
	default:
	}
	late := time.NewTimer(rejectionDelayMax)
	defer late.Stop()
	select {
	case <-p.tokens:
	case <-late.C:
	}
}
