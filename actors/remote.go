package actors

import (
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// asker is who waits for an answer: an actor of this process or, with an id to
// echo, one of another member.
type asker struct {
	pid      *actor.PID
	question *wire.Envelope // nil in this process
}

// send answers; nobody hears of it if nobody asked.
func (to asker) send(root *actor.RootContext, r *reply) {
	switch {
	case to.pid == nil:
	case to.question == nil:
		root.Send(to.pid, r)
	default:
		root.Send(to.pid, encodeReply(to.question, r))
	}
}

// encodeQuestion is a message to an event as other members are sent it.
func encodeQuestion(event eventra.ID, msg any) *wire.Envelope {
	e := &wire.Envelope{Event: event[:]}
	switch msg := msg.(type) {
	case *command:
		e.SetCommand(msg.cmd)
	case *readSeats:
		e.Body = &wire.Envelope_ReadSeats{ReadSeats: &wire.ReadSeats{Since: msg.since, Seats: int32(msg.seats)}}
	case *readAvailability:
		e.Body = &wire.Envelope_ReadAvailability{ReadAvailability: &wire.ReadAvailability{}}
	case *reload:
		e.Body = &wire.Envelope_Reload{Reload: &wire.Reload{}}
	default:
		panic(fmt.Sprintf("no wire form for %T", msg))
	}
	return e
}

// receiveEnvelope is Receive for what another member's caller asks.
func (a *activation) receiveEnvelope(sender *actor.PID, e *wire.Envelope) {
	from := asker{sender, e}
	if event, err := e.EventID(); err != nil || event != a.id {
		a.reply(from, &reply{err: cluster.ErrMoved}) // whoever it was meant for
		return
	}
	cmd, err := e.Command()
	switch body := e.GetBody().(type) {
	case *wire.Envelope_ReadSeats, *wire.Envelope_ReadAvailability:
		a.read(from, body)
	case *wire.Envelope_Reload:
		a.reload(from)
	default:
		switch {
		case err != nil:
			a.reply(from, &reply{err: eventra.Errorf(eventra.CodeInternal, "a question that cannot be: %v", err)})
		case cmd == nil:
			a.reply(from, &reply{err: cluster.ErrUnsupported})
		default:
			a.receive(&request{command: command{cmd, a.Now().Add(time.Duration(e.GetPatience()) * time.Microsecond)}, from: from})
		}
	}
}

// encodeReply is the answer to a question of another member.
func encodeReply(question *wire.Envelope, r *reply) *wire.Envelope {
	e := &wire.Envelope{Id: question.Id, Event: question.Event}
	switch {
	case errors.Is(r.err, cluster.ErrMoved):
		e.Body = &wire.Envelope_Moved{Moved: &wire.Moved{}}
	case errors.Is(r.err, cluster.ErrUnsupported):
		e.Body = &wire.Envelope_Unsupported{Unsupported: &wire.Unsupported{}}
	case errors.Is(r.err, errLoading):
		e.SetFailure(r.err, wire.Failure_LOADING)
	case errors.Is(r.err, eventra.ErrRefusedByStore):
		e.SetFailure(r.err, wire.Failure_STORED)
	case errors.Is(r.err, eventra.ErrNotLive):
		e.SetFailure(r.err, wire.Failure_NOT_LIVE)
	case r.err != nil:
		e.SetFailure(r.err, wire.Failure_PLAIN)
	case r.seats != nil:
		e.SetSeatChanges(r.seats, question.GetReadSeats())
	case r.availability != nil:
		e.SetAvailability(r.availability)
	case r.booking != nil || r.payment != nil:
		e.SetOutcome(r.booking, r.payment)
	default:
		e.Body = &wire.Envelope_Done{Done: &wire.Done{}}
	}
	return e
}

// askRemote asks an actor of another member and understands what it says.
func askRemote(incarnation *cluster.Incarnation, event eventra.ID, pid *actor.PID, question *wire.Envelope, timeout time.Duration) (*reply, error) {
	answer, err := incarnation.AskRemote(pid, question, timeout)
	if err != nil {
		if errors.Is(err, cluster.ErrMoved) {
			incarnation.Forget(event, pid)
		}
		return nil, err
	}
	return decodeReply(event, answer)
}

// decodeReply undoes encodeReply.
func decodeReply(event eventra.ID, answer *wire.Envelope) (r *reply, err error) {
	r = &reply{}
	switch body := answer.Body.(type) {
	case *wire.Envelope_Done:
	case *wire.Envelope_Outcome:
		r.booking, r.payment, err = body.Outcome.Decode()
	case *wire.Envelope_SeatChanges:
		r.changes = body.SeatChanges
	case *wire.Envelope_Availability:
		r.availability = body.Availability.Decode(event)
	case *wire.Envelope_Failure:
		r.err = decodeFailure(body.Failure)
	default:
		err = cluster.ErrUnsupported
	}
	if err != nil {
		return nil, eventra.Unavailable("the event", err)
	}
	return r, nil
}

func decodeFailure(f *wire.Failure) error {
	switch f.GetKind() {
	case wire.Failure_NOT_LIVE:
		return eventra.ErrNotLive
	case wire.Failure_STORED:
		return eventra.ErrRefusedByStore
	case wire.Failure_LOADING:
		return errLoading
	}
	return f.Decode()
}
