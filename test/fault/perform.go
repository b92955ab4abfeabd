package fault

import (
	"context"
	"sync"
	"time"
)

// Performed is a fault that was.
type Performed struct {
	Planned
	Began, Ended time.Time
	Err          error // what did not come back from it
}

// Act is a fault under way.
type Act struct {
	Planned
	*Ground
	ctx  context.Context
	note func(string)
}

// last waits for as long as the fault is to last. It ends early with the run,
// so that whatever was taken away is given back.
func (a *Act) last() {
	select {
	case <-a.ctx.Done():
	case <-time.After(a.For):
	}
}

// Perform carries a plan out, and returns when everything is given back.
func Perform(ctx context.Context, g *Ground, plan []Planned, say func(format string, args ...any)) []Performed {
	var wg sync.WaitGroup
	performed := make([]Performed, len(plan))
	started := time.Now()
	for n, p := range plan {
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(started.Add(p.At))):
		}
		if ctx.Err() != nil {
			performed = performed[:n]
			break
		}
		wg.Go(func() { performed[n] = g.perform(ctx, p, say) })
	}
	wg.Wait()
	return performed
}

func (g *Ground) perform(ctx context.Context, p Planned, say func(format string, args ...any)) Performed {
	lock := g.lock(p.subject(p.Victim))
	lock.Lock()
	defer lock.Unlock()
	act := &Act{Planned: p, Ground: g, ctx: ctx, note: func(what string) { say("%-16s %s", p.Name, what) }}
	done := Performed{Planned: p, Began: time.Now()}
	done.Err = p.act(act)
	done.Ended = time.Now()
	if done.Err != nil {
		say("%-16s %v", p.Name, done.Err)
	}
	return done
}
