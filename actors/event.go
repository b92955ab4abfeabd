package actors

import (
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/groupcommit"
)

// Dependencies are what event actors work with.
type Dependencies struct {
	Store   EventStore
	Locks   groupcommit.SeatLocks
	Log     *slog.Logger
	Metrics *Metrics
	// QueueMax bounds the requests that wait at one event; more are refused
	// as overloaded.
	QueueMax int
	// Confirmed is called, without blocking, when mails may have become due.
	Confirmed func()
}

const (
	// idleAfter passivates an event that nobody asks for and nobody holds seats of.
	idleAfter = 10 * time.Minute
	// retireAfter is how long an activation that is over still answers those
	// who found it before it left the directory. Messages that come later than
	// a stop would be lost without an answer.
	retireAfter = 10 * time.Second
	// contentionPause parts attempts at seats that somebody else has locked.
	contentionPause = 25 * time.Millisecond
)

// eventActor is an activation's place in the world: its mailbox and timers, its
// name in the directory and the way to those who ask.
type eventActor struct {
	groupcommit.GoRuntime
	activation  *activation
	directory   *Directory
	incarnation *cluster.Incarnation
	root        *actor.RootContext
	self        *actor.PID
	timer       *actor.PID
}

func newEventActor(d *Directory, incarnation *cluster.Incarnation, id eventra.ID, seen *seen) *eventActor {
	e := &eventActor{directory: d, incarnation: incarnation, root: incarnation.Root()}
	e.activation = newActivation(d, e, id, seen)
	return e
}

// Receive implements actor.Actor.
func (e *eventActor) Receive(ctx actor.Context) {
	a := e.activation
	switch msg := ctx.Message().(type) {
	case *actor.Started:
		e.self = ctx.Self()
		e.timer = ctx.Spawn(actor.PropsFromProducer(func() actor.Actor { return newHoldTimer() }))
		ctx.SetReceiveTimeout(idleAfter)
		a.load()
	case *actor.Stopping:
		a.leave()
	case *actor.ReceiveTimeout:
		if a.idle() {
			a.retire()
		} else if a.phase < moving {
			ctx.SetReceiveTimeout(idleAfter) // it fires once
		}
	default:
		a.handle(ctx.Sender(), msg)
	}
	a.seen.note(a)
}
