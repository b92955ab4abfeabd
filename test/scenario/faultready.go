package scenario

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/eventra/eventra/test/instance"
)

// readiness is when which instance said that it was not ready, or nothing.
type readiness struct {
	mu   sync.Mutex
	away map[string][]absence // by instance
}

// absence is a time between two looks that found an instance ready.
type absence struct{ from, to time.Time }

const (
	readyLook     = 50 * time.Millisecond
	readyPatience = time.Second
)

// watch looks at all instances until the function that it returns is called.
func (r *readiness) watch(instances []*instance.Instance) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r.away = map[string][]absence{}
	var wg sync.WaitGroup
	for _, i := range instances {
		wg.Go(func() { r.follow(ctx, i) })
	}
	return func() { cancel(); wg.Wait() }
}

func (r *readiness) follow(ctx context.Context, i *instance.Instance) {
	last := time.Now() // it was ready
	was := true
	for pause(ctx, readyLook) == nil {
		asked := time.Now()
		is := i.Readiness(readyPatience) == 200
		now := time.Now()
		// Between two looks that are far apart anything may have been.
		if !is || !was || now.Sub(last) > 4*readyLook {
			r.note(i.Name, absence{last, now})
		}
		if was = is; is {
			last = asked
		}
	}
}

// note adds an absence, or makes the last one longer.
func (r *readiness) note(name string, a absence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.away[name]
	if n := len(all); n > 0 && !a.from.After(all[n-1].to) {
		all[n-1].to = a.to
		return
	}
	r.away[name] = append(all, a)
}

// longest tells of the longest absence.
func (r *readiness) longest() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	longest, who := time.Duration(0), "nobody"
	for name, all := range r.away {
		for _, a := range all {
			if d := a.to.Sub(a.from); d > longest {
				longest, who = d, name
			}
		}
	}
	return fmt.Sprintf("%.1f s, %s", longest.Seconds(), who)
}
