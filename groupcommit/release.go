package groupcommit

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra"
)

// releaseTimeout bounds a round trip that only releases.
const releaseTimeout = time.Second

// releases is what the keeper of the locks has to learn of completed batches:
// pending until a batch takes it along or flush tells it alone. A release that
// fails is not repeated: locks run out by themselves, and hold timers need no
// TTL keys.
type releases struct {
	locks   SeatLocks
	runtime Runtime
	log     *slog.Logger
	tracer  trace.Tracer

	mu       sync.Mutex
	pending  *release
	underway []*release
	events   map[eventra.ID]int // how many releases under way concern an event
	flushing bool
}

// release is told in one round trip.
type release struct {
	eventra.LockRelease
	events []eventra.ID      // one entry a batch
	batch  trace.SpanContext // of the first that is traced
	done   chan struct{}
}

func newReleases(c *Config) *releases {
	return &releases{locks: c.Locks, runtime: c.Runtime, log: c.Log, tracer: c.Tracer, pending: newRelease(), events: map[eventra.ID]int{}}
}

func newRelease() *release { return &release{done: make(chan struct{})} }

// enqueue adds the release of batches whose outcome is known.
func (r *releases) enqueue(m merged) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range m {
		b.appendRelease(&r.pending.LockRelease)
		r.pending.events = append(r.pending.events, b.EventID)
		if span, _ := b.Traced(); !r.pending.batch.IsValid() {
			r.pending.batch = span
		}
	}
}

// take returns all that is pending, for the batches that want locks to tell it
// on their way. It waits while a release of one of their events is under way.
// The caller ends what it takes.
func (r *releases) take(m merged) *release {
	for {
		taken, busy := r.tryTake(m)
		if busy == nil {
			return taken
		}
		r.runtime.Wait(busy.done) // bounded by lockTimeout and releaseTimeout
	}
}

func (r *releases) tryTake(m merged) (taken, busy *release) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range m {
		if r.events[b.EventID] == 0 {
			continue
		}
		for _, busy := range r.underway {
			if slices.Contains(busy.events, b.EventID) {
				return nil, busy
			}
		}
	}
	return r.begin(), nil
}

// begin makes the pending release one that is under way.
func (r *releases) begin() *release {
	taken := r.pending
	r.pending = newRelease()
	r.underway = append(r.underway, taken)
	for _, event := range taken.events {
		r.events[event]++
	}
	return taken
}

// end is called when a release has been told, or never will be.
func (r *releases) end(told *release) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.underway = slices.DeleteFunc(r.underway, func(other *release) bool { return other == told })
	for _, event := range told.events {
		if r.events[event]--; r.events[event] == 0 {
			delete(r.events, event)
		}
	}
	close(told.done)
}

// flush tells what is pending alone, one round trip at a time.
func (r *releases) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.flushing && len(r.pending.events) > 0 {
		r.flushing = true
		r.runtime.Run(r.flushAll)
	}
}

func (r *releases) flushAll() {
	for next := r.nextFlush(); next != nil; next = r.nextFlush() {
		r.tell(next)
	}
}

// nextFlush is nil when nothing is pending, which ends the flush.
func (r *releases) nextFlush() *release {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flushing = len(r.pending.events) > 0; !r.flushing {
		return nil
	}
	return r.begin()
}

func (r *releases) tell(told *release) {
	defer r.end(told)
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	ctx, span := r.beginTell(ctx, told)
	err := r.locks.Release(ctx, told.LockRelease)
	endStep(span, err)
	if err != nil {
		r.log.Debug("locks not released; they run out", "batches", len(told.events), "error", err)
	}
}
