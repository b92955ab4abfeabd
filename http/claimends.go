package http

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/eventra/eventra"
)

const (
	// claimEndTimeout bounds each try to end a claim, which also happens after the
	// request's deadline.
	claimEndTimeout = 2 * time.Second
	// A claim that could not be ended is tried again after these pauses, for so long.
	claimEndPauseMin, claimEndPauseMax = 50 * time.Millisecond, 500 * time.Millisecond
	claimEndBudget                     = 2 * time.Minute

	// claimEndsMax claims are ended in the background at a time, with outcomes of so many
	// bytes. Beyond that, outcomes are given up first: the next attempt finds by the
	// resource's id what this one made.
	claimEndsMax             = 4096
	claimEndOutcomesMaxBytes = 16 << 20
)

// claimEnds ends the claims of requests that are over. What the store did not acknowledge
// it tries again in the background, so that no retry has to wait for the end of a lease.
type claimEnds struct {
	keys IdempotencyKeys
	log  *slog.Logger

	mu     sync.Mutex
	open   map[eventra.IdempotencyKey]*claimEnd
	bytes  int // of their outcomes
	closed chan struct{}
	once   sync.Once // closes closed
}

// claimEnd is one that is tried again.
type claimEnd struct {
	attempt *eventra.IdempotencyAttempt
	outcome *eventra.StoredResponse // nil: none to keep
	now     chan struct{}           // ends the pause
	over    chan struct{}           // closed when it is not tried any more
}

func newClaimEnds(keys IdempotencyKeys, log *slog.Logger) *claimEnds {
	return &claimEnds{keys: keys, log: log, open: map[eventra.IdempotencyKey]*claimEnd{}, closed: make(chan struct{})}
}

// end finishes a claim with its outcome, or releases it without one.
func (e *claimEnds) end(attempt *eventra.IdempotencyAttempt, outcome *eventra.StoredResponse) {
	if err := e.try(attempt, outcome); err != nil {
		e.again(attempt, outcome)
	}
}

func (e *claimEnds) try(attempt *eventra.IdempotencyAttempt, outcome *eventra.StoredResponse) error {
	ctx, cancel := context.WithTimeout(context.Background(), claimEndTimeout)
	defer cancel()
	if outcome == nil {
		return e.keys.Release(ctx, attempt)
	}
	return e.keys.Finish(ctx, attempt, *outcome)
}

// again ends a claim in the background.
func (e *claimEnds) again(attempt *eventra.IdempotencyAttempt, outcome *eventra.StoredResponse) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if outcome != nil && e.bytes+len(outcome.Body) > claimEndOutcomesMaxBytes {
		outcome = nil
	}
	if len(e.open) >= claimEndsMax || e.open[attempt.Key] != nil {
		e.log.Warn("idempotency claim left to its lease", "route", attempt.Key.Route)
		return
	}
	end := &claimEnd{attempt: attempt, outcome: outcome, now: make(chan struct{}, 1), over: make(chan struct{})}
	e.open[attempt.Key] = end
	e.bytes += end.bytes()
	go e.run(end)
}

func (end *claimEnd) bytes() int {
	if end.outcome == nil {
		return 0
	}
	return len(end.outcome.Body)
}

func (e *claimEnds) run(end *claimEnd) {
	defer e.remove(end)
	giveUp := time.Now().Add(claimEndBudget)
	pause := time.NewTimer(claimEndPauseMin)
	defer pause.Stop()
	for next := claimEndPauseMin; ; next = min(2*next, claimEndPauseMax) {
		select {
		case <-pause.C:
		case <-end.now:
		case <-e.closed:
			return
		}
		err := e.try(end.attempt, end.outcome)
		if err == nil {
			return
		}
		if time.Now().After(giveUp) {
			e.log.Warn("idempotency claim not ended", "route", end.attempt.Key.Route, "error", err)
			return
		}
		pause.Reset(next)
	}
}

func (e *claimEnds) remove(end *claimEnd) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.open, end.attempt.Key)
	e.bytes -= end.bytes()
	close(end.over)
}

// await returns when no earlier claim of a key is still to be ended here, or ctx ends. This
// instance knows that the earlier request is over.
func (e *claimEnds) await(ctx context.Context, key eventra.IdempotencyKey) {
	e.mu.Lock()
	end := e.open[key]
	e.mu.Unlock()
	if end == nil {
		return
	}
	end.hurry()
	select {
	case <-end.over:
	case <-ctx.Done():
	}
}

func (end *claimEnd) hurry() {
	select {
	case end.now <- struct{}{}:
	default: // it is hurried already
	}
}

// close tries once more to end all claims, and gives up those that remain. No request may
// be under way.
func (e *claimEnds) close() {
	ctx, cancel := context.WithTimeout(context.Background(), claimEndTimeout)
	defer cancel()
	ends := e.all()
	for _, end := range ends {
		end.hurry()
	}
	for _, end := range ends {
		select {
		case <-end.over:
		case <-ctx.Done():
		}
	}
	e.once.Do(func() { close(e.closed) })
	for _, end := range ends {
		<-end.over // each try has a timeout
	}
}

func (e *claimEnds) all() []*claimEnd {
	e.mu.Lock()
	defer e.mu.Unlock()
	ends := make([]*claimEnd, 0, len(e.open))
	for _, end := range e.open {
		ends = append(ends, end)
	}
	return ends
}
