package http

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// encodingRest is how long a turn rests after an encoding, in times of what that took.
	// So readers leave the CPU to the sale: a turn is in use a quarter of the time. On a slow
	// machine it rests less, so that readers need not wait too long.
	encodingRest    = 3
	encodingRestMax = 250 * time.Millisecond
	// encodingsWaitingMax bounds the encodings that wait for a turn: with more of them
	// before it, one would take longer than its readers wait.
	encodingsWaitingMax = 64
)

// encodingTurns lets few large encodings run at a time. A nil one lets all run.
type encodingTurns struct {
	free    chan struct{}
	waiting atomic.Int32
}

// newEncodingTurns makes one turn for every two CPUs that the process may use.
func newEncodingTurns() *encodingTurns {
	t := &encodingTurns{free: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	for range cap(t.free) {
		t.free <- struct{}{}
	}
	return t
}

// take waits for a turn. It reports false, without one, if too many wait already or the
// encoding is unwanted meanwhile.
func (t *encodingTurns) take(unwanted <-chan struct{}) bool {
	if t == nil {
		return true
	}
	if t.waiting.Add(1) > encodingsWaitingMax {
		t.waiting.Add(-1)
		return false
	}
	defer t.waiting.Add(-1)
	select {
	case <-t.free:
		return true
	case <-unwanted:
		return false
	}
}

// takeFree takes a turn if one is free, and reports whether it has.
func (t *encodingTurns) takeFree() bool {
	select {
	case <-t.free:
		return true
	default:
		return false
	}
}

// give gives a turn back after its rest.
func (t *encodingTurns) give(took time.Duration) {
	if t != nil {
		time.AfterFunc(min(encodingRest*took, encodingRestMax), func() { t.free <- struct{}{} })
	}
}
