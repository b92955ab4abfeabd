package actors

import (
	"sync/atomic"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/groupcommit"
)

type phase uint8

const (
	loading phase = iota // the store is being read; requests wait
	active
	down    // the store did not answer; requests are refused until the next attempt
	moving  // the event belongs to another member; the last batch is in flight
	retired // this activation decides nothing any more and redirects its callers
)

var activationStates = [...]eventra.ActivationState{
	loading: eventra.ActivationLoading, active: eventra.ActivationActive, down: eventra.ActivationDown,
	moving: eventra.ActivationMoving, retired: eventra.ActivationMoving,
}

// activation is one life of an event's actor: it owns the event's seats in this
// process and decides about them. It blocks only when it stops: loads and
// commits run concurrently and return as messages. It knows its surroundings by
// [environment] alone, so what it does follows from the messages and their order.
type activation struct {
	environment
	*shared
	id    eventra.ID
	stats *statistics

	phase        phase
	ended        atomic.Bool      // retired or stopped; loads read it, too
	seats        *eventra.SeatMap // durable state as last known; nil before the first load
	epoch        int64
	clock        storeClock
	nextLoad     time.Time // when down: not before this
	backoff      time.Duration
	readers      []reading // wait for the first load
	reloaders    []replyTo // callers that wait for a fresh load
	reloadWanted bool      // as soon as the batch in flight or the present load has ended
	outdated     bool      // an administrator has changed the event since the last load

	waiting      []*request // undecided, in the order in which they are to be decided
	parked       []*request // their outcome depends on the batch in flight, or on a lock
	learning     learning
	overdue      []eventra.ID
	next         next
	inFlight     *batch // nil: none
	retryPending bool   // a retry message is on its way
}

// shared is what all activations of this process work with.
type shared struct {
	*Dependencies
	pool *groupcommit.Pool
	// loads bounds the events that are read at a time, so that a wave of them
	// leaves connections to those that sell.
	loads chan struct{}
	// mailsDue is called, without blocking, when mails may have become due.
	mailsDue func()
	// prepareMin is the constant, outside of simulations.
	prepareMin int
}

const loadsMax = 6

func newShared(deps *Dependencies, runtime groupcommit.Runtime, mailsDue func()) *shared {
	pool := groupcommit.NewPool(groupcommit.Config{Store: deps.Store, Locks: deps.Locks, Metrics: deps.Metrics, Runtime: runtime, Log: deps.Log, Tracer: deps.Tracer})
	return &shared{deps, pool, make(chan struct{}, loadsMax), mailsDue, prepareMin}
}

func newActivation(s *shared, env environment, id eventra.ID, stats *statistics) *activation {
	return &activation{environment: env, shared: s, id: id, stats: stats, next: newNext()}
}

func (a *activation) fail(r *request, err error) { a.answer(r, &reply{err: err}) }

func (a *activation) answer(r *request, with *reply) {
	r.traced.end(with)
	a.send(r.replyTo, with)
}

// queued counts the requests without an outcome.
func (a *activation) queued() int {
	n := len(a.waiting) + len(a.parked) + a.learning.Len() + a.next.Len()
	if a.inFlight != nil {
		n += a.inFlight.Len()
	}
	return n
}

// idle reports whether nothing would be lost if the activation ended.
func (a *activation) idle() bool {
	if a.phase != active && a.phase != down || a.queued() > 0 {
		return false
	}
	held := false
	if a.seats != nil {
		a.seats.Holds(func(*eventra.Booking) { held = true })
	}
	return !held
}

// record updates the statistics after a message.
func (a *activation) record() {
	a.stats.state.Store(&activationStates[a.phase])
	a.stats.queued.Store(int64(a.queued()))
	a.stats.epoch.Store(a.epoch)
	if a.seats != nil {
		a.stats.seats.Store(int64(a.seats.Len()))
	}
}
