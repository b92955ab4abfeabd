package http

import (
	"runtime"
	"sync"
	"time"
)

const (
	// paceHoldsPerCPU is how many holds wait, for each CPU, when a sale needs the CPUs: as
	// many as come in some milliseconds of a rush.
	paceHoldsPerCPU = 4
	// paceLasts is how long a sale that needs the CPUs is taken to go on.
	paceLasts = time.Second
	// paceShare is the part of each CPU, one in so many, that readers of large maps get
	// meanwhile.
	paceShare = 20
	// paceMax bounds what a reader waits for that.
	paceMax = 500 * time.Millisecond

	// What an answer costs, with what the kernel does for it.
	paceAnswer   = 100 * time.Microsecond
	paceKilobyte = time.Microsecond
)

// readerPace spaces the answers with large maps while a sale needs the CPUs. Readers who
// wait for the same map are answered together, with one version; the more that costs, the
// later the next ones are. Nobody waits otherwise. A nil one lets nobody wait.
type readerPace struct {
	selling func() bool // reports whether a sale needs the CPUs
	cpus    time.Duration

	mu   sync.Mutex
	sold time.Time // when a sale needed the CPUs the last time
	next time.Time // when readers may be answered again
}

func newReaderPace(selling func() bool) *readerPace {
	return &readerPace{selling: selling, cpus: time.Duration(runtime.GOMAXPROCS(0))}
}

// applies reports whether readers wait.
func (p *readerPace) applies() bool {
	if p == nil {
		return false
	}
	selling, now := p.selling(), time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if selling {
		p.sold = now
	}
	return now.Sub(p.sold) < paceLasts
}

// wait returns when it is time for the next answers, or reports false when they are
// unwanted meanwhile.
func (p *readerPace) wait(unwanted <-chan struct{}) bool {
	if !p.applies() {
		return true
	}
	p.mu.Lock()
	late := time.NewTimer(time.Until(p.next))
	p.mu.Unlock()
	defer late.Stop()
	select {
	case <-late.C:
		return true
	case <-unwanted:
		return false
	}
}

// spend notes what answers have cost: the encoding took some time, and each reader gets a
// body of that size.
func (p *readerPace) spend(took time.Duration, readers, size int) {
	if !p.applies() {
		return
	}
	cost := took + time.Duration(readers)*(paceAnswer+paceKilobyte*time.Duration(size)/1024)
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(cost * paceShare / p.cpus)
	if latest := now.Add(paceMax); p.next.After(latest) {
		p.next = latest
	}
}
