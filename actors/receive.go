package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// handle does what a message asks for.
func (a *activation) handle(sender *actor.PID, msg any) {
	switch msg := msg.(type) {
	case *request:
		msg.replyTo.pid = sender
		a.receive(msg)
	case *wire.Envelope:
		a.receiveEnvelope(sender, msg)
	case *readSeats, *readAvailability:
		a.read(replyTo{pid: sender}, msg)
	case *readLastKnown:
		a.readLastKnown(replyTo{pid: sender})
	case *reload:
		a.reload(replyTo{pid: sender})
	case *cluster.HandOver:
		a.handOver()
	case *wake:
		a.tryLoad()
	case *holdsDue:
		a.overdue = append(a.overdue, msg.bookings...)
		a.pump()
	case *loaded:
		a.loaded(msg)
	case *learned:
		a.learned(msg)
	case *completed:
		a.complete(msg.batch)
	case *prepared:
		a.prepared(msg.batch)
	case *retry:
		a.retryPending = false
		a.unpark()
		a.pump()
	}
}

// receiveEnvelope handles a question of another member.
func (a *activation) receiveEnvelope(sender *actor.PID, e *wire.Envelope) {
	to := replyTo{sender, e}
	if event, err := e.EventID(); err != nil || event != a.id {
		a.send(to, &reply{err: cluster.ErrMoved}) // it was meant for an earlier process at this address
		return
	}
	cmd, err := e.Command()
	switch body := e.GetBody().(type) {
	case *wire.Envelope_ReadSeats, *wire.Envelope_ReadAvailability:
		a.read(to, body)
	case *wire.Envelope_Reload:
		a.reload(to)
	default:
		switch {
		case err != nil:
			a.send(to, &reply{err: eventra.Errorf(eventra.CodeInternal, "an invalid question: %v", err)})
		case cmd == nil:
			a.send(to, &reply{err: cluster.ErrUnsupported})
		default:
			a.receive(&request{command: cmd, deadline: a.Now().Add(time.Duration(e.GetTimeoutMicros()) * time.Microsecond), replyTo: to,
				traced: a.tracedAt(e)})
		}
	}
}

// receive decides a request, or queues it.
func (a *activation) receive(r *request) {
	r.traced.begin(a.id, r.command)
	switch {
	case a.phase >= moving || !a.serving():
		a.fail(r, cluster.ErrMoved)
	case a.queued() >= a.QueueMax:
		a.Metrics.queueFull.Inc()
		a.fail(r, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many requests wait for this event", RetryAfter: time.Second})
	case !a.tryLoad():
		a.fail(r, eventra.Unavailable("postgres", nil))
	case a.phase == loading || a.reloadWanted || a.next.full():
		a.waiting = append(a.waiting, r)
	default:
		a.decide(r)
		a.flush()
		a.prepare()
	}
}

// read answers from durable state, as last known: if PostgreSQL is away, or just being read
// again, the answer says so once an administrator has changed the event.
func (a *activation) read(to replyTo, question any) {
	switch {
	case a.phase >= moving || !a.serving(): // the next owner may have sold seats since
		a.send(to, &reply{err: cluster.ErrMoved})
	case a.seats == nil && !a.tryLoad():
		a.send(to, &reply{err: eventra.Unavailable("postgres", nil)})
	case a.seats != nil:
		a.show(to, question)
	case len(a.readers) < a.QueueMax:
		a.readers = append(a.readers, reading{to, question})
	default:
		a.send(to, &reply{err: errLoading})
	}
}

// show answers a question about the seats, which are loaded.
func (a *activation) show(to replyTo, question any) {
	switch question.(type) {
	case *readSeats, *wire.Envelope_ReadSeats:
		a.send(to, &reply{seats: a.seats.View(), stale: a.outdated})
	default:
		a.send(to, &reply{availability: a.seats.Availability(), stale: a.outdated})
	}
}

// readLastKnown answers with what is known, if anything is, even if another
// member sells the event by now.
func (a *activation) readLastKnown(to replyTo) {
	r := &reply{}
	if a.seats != nil {
		r.seats, r.availability = a.seats.View(), a.seats.Availability()
	}
	a.send(to, r)
}
