package fault

import (
	"context"
	"sync"
	"time"

	"github.com/eventra/eventra/test/wait"
)

// Injected is a fault that is over.
type Injected struct {
	Planned
	Began, Ended time.Time
	Err          error // if the system was not restored
}

// Injection is a fault under way.
type Injection struct {
	Planned
	*System
	ctx  context.Context
	note func(string)
}

// last waits for the fault's duration. It returns early if the run ends, so that
// the system is always restored.
func (a *Injection) last() { _ = wait.Sleep(a.ctx, a.For) }

// Inject carries out a plan. It returns when the system is restored.
func Inject(ctx context.Context, s *System, plan []Planned, say func(format string, args ...any)) []Injected {
	var wg sync.WaitGroup
	injected := make([]Injected, len(plan))
	started := time.Now()
	for n, p := range plan {
		if wait.Sleep(ctx, time.Until(started.Add(p.At))) != nil {
			injected = injected[:n]
			break
		}
		wg.Go(func() { injected[n] = s.inject(ctx, p, say) })
	}
	wg.Wait()
	return injected
}

func (s *System) inject(ctx context.Context, p Planned, say func(format string, args ...any)) Injected {
	lock := s.lock(p.subject(p.Victim))
	lock.Lock()
	defer lock.Unlock()
	injection := &Injection{Planned: p, System: s, ctx: ctx, note: func(what string) { say("%-16s %s", p.Name, what) }}
	done := Injected{Planned: p, Began: time.Now()}
	done.Err = p.inject(injection)
	done.Ended = time.Now()
	if done.Err != nil {
		say("%-16s %v", p.Name, done.Err)
	}
	return done
}
