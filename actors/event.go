package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/groupcommit"
)

// idleAfter passivates an event without requests and holds.
const idleAfter = 10 * time.Minute

// eventActor is the actor of an event. It gives its activation a mailbox, timers
// and a place in the directory: the environment outside of simulations.
type eventActor struct {
	groupcommit.GoRuntime
	activation  *activation
	incarnation *cluster.Incarnation
	root        *actor.RootContext
	self        *actor.PID
	timer       *actor.PID
	wakeNext    func(event eventra.ID) // makes the event's next owner load it
}

func newEventActor(s *shared, incarnation *cluster.Incarnation, stats *statistics, wakeNext func(eventra.ID)) *eventActor {
	e := &eventActor{incarnation: incarnation, root: incarnation.Root(), wakeNext: wakeNext}
	e.activation = newActivation(s, e, stats.event, stats)
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
		a.stop()
	case *actor.ReceiveTimeout:
		if a.idle() {
			a.retire()
		} else if a.phase < moving {
			ctx.SetReceiveTimeout(idleAfter) // it fires once
		}
	default:
		a.handle(ctx.Sender(), msg)
	}
	a.record()
}

func (e *eventActor) serving() bool { return e.incarnation.Serving() }

func (e *eventActor) send(to replyTo, r *reply) {
	switch {
	case to.pid == nil:
	case to.question == nil:
		e.root.Send(to.pid, r)
	default:
		e.root.Send(to.pid, encodeReply(to.question, r))
	}
}

func (e *eventActor) tell(msg any) { e.root.Send(e.self, msg) }

func (e *eventActor) tellAfter(d time.Duration, msg any) {
	time.AfterFunc(d, func() { e.tell(msg) })
}

func (e *eventActor) arm(msg *arm) { e.root.Send(e.timer, msg) }

func (e *eventActor) forget() { e.incarnation.Forget(e.activation.id, e.self) }

func (e *eventActor) stopAfter(d time.Duration) {
	time.AfterFunc(d, func() { e.root.Poison(e.self) })
}

func (e *eventActor) wakeNextOwner() { go e.wakeNext(e.activation.id) }
