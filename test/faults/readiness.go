package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/wait"
)

// readiness records when instances were not ready.
type readiness struct {
	mu      sync.Mutex
	outages map[string][]outage // by instance
}

// outage is the time between two probes that found an instance ready.
type outage struct{ from, to time.Time }

const (
	probePause   = 50 * time.Millisecond
	probeTimeout = time.Second
)

// watch probes all instances until stop is called.
func (r *readiness) watch(instances []*instance.Instance) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r.outages = map[string][]outage{}
	var wg sync.WaitGroup
	for _, i := range instances {
		wg.Go(func() { r.probe(ctx, i) })
	}
	return func() { cancel(); wg.Wait() }
}

func (r *readiness) probe(ctx context.Context, i *instance.Instance) {
	last := time.Now() // it was ready
	was := true
	for wait.Sleep(ctx, probePause) == nil {
		probed := time.Now()
		is := i.Readiness(probeTimeout) == 200
		now := time.Now()
		// Nothing is known of the time between two probes that are far apart.
		if !is || !was || now.Sub(last) > 4*probePause {
			r.add(i.Name, outage{last, now})
		}
		if was = is; is {
			last = probed
		}
	}
}

// add adds an outage, or extends the last one.
func (r *readiness) add(name string, o outage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.outages[name]
	if n := len(all); n > 0 && !o.from.After(all[n-1].to) {
		all[n-1].to = o.to
		return
	}
	r.outages[name] = append(all, o)
}

// longest describes the longest outage.
func (r *readiness) longest() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	longest, instance := time.Duration(0), "none"
	for name, all := range r.outages {
		for _, o := range all {
			if d := o.to.Sub(o.from); d > longest {
				longest, instance = d, name
			}
		}
	}
	return fmt.Sprintf("%.1f s, %s", longest.Seconds(), instance)
}
