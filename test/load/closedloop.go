package load

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/client"
)

// ClosedLoop is a number of workers who hold, pay, release and read, each waiting
// for one answer before the next operation. Time and operations are bounded.
type ClosedLoop struct {
	Sales         []*SeatSource
	Targets       []*client.Target // each worker keeps to one
	Buyers        []*client.Buyer
	Workers       int
	Pause         time.Duration // between two operations of a worker
	Seed          uint64
	Limit         time.Duration // of the whole load
	OperationsMax int

	generator
	performed atomic.Int64
	end       time.Time
	unknownHolds
}

// Start starts the load.
func (l *ClosedLoop) Start() *ClosedLoop {
	l.begin()
	l.end = time.Now().Add(l.Limit)
	for i := range l.Workers {
		w := &worker{load: l, number: i, buyer: l.Buyers[i%len(l.Buyers)], target: l.Targets[i%len(l.Targets)],
			random: rand.New(rand.NewPCG(l.Seed, uint64(i)))}
		l.wg.Go(w.run)
	}
	return l
}

// next counts an operation and reports whether it may be performed.
func (l *ClosedLoop) next() bool {
	return l.ctx.Err() == nil && !time.Now().After(l.end) && l.performed.Add(1) <= int64(l.OperationsMax)
}
