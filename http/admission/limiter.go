package admission

import (
	"runtime"
	"sync/atomic"
)

// Limiter limits how many requests compute at a time. The package comment says why.
type Limiter struct {
	slots   chan struct{}
	waiting atomic.Int32
}

const (
	// slotsPerCPU keeps all CPUs busy while some of the slots' goroutines are preempted.
	slotsPerCPU = 2
	// waitersMax is how many requests may wait for a slot: some tens of
	// milliseconds of work.
	waitersMax = 1024
)

// NewLimiter makes a limiter for the CPUs that the process may use.
func NewLimiter() *Limiter {
	return &Limiter{slots: make(chan struct{}, slotsPerCPU*runtime.GOMAXPROCS(0))}
}

// Acquire takes a slot and waits for one if none is free. It reports false, without a
// slot, if too many callers wait already. A waiting caller holds no slot, so one is
// free soon.
func (l *Limiter) Acquire() bool {
	select {
	case l.slots <- struct{}{}:
		return true
	default:
	}
	if l.waiting.Add(1) > waitersMax {
		l.waiting.Add(-1)
		return false
	}
	l.slots <- struct{}{}
	l.waiting.Add(-1)
	return true
}

// Load returns how many slots are taken, and how many callers wait for one.
func (l *Limiter) Load() (taken, waiting int) { return len(l.slots), int(l.waiting.Load()) }

// Release gives a slot back. Each successful Acquire needs one Release.
func (l *Limiter) Release() { <-l.slots }
