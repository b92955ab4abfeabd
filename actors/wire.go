package actors

import (
	"errors"
	"fmt"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// encodeQuestion returns the wire form of a question about an event.
func encodeQuestion(event eventra.ID, question any) *wire.Envelope {
	e := &wire.Envelope{Event: event[:]}
	switch q := question.(type) {
	case eventra.Command:
		e.SetCommand(q)
	case *readSeats:
		e.Body = &wire.Envelope_ReadSeats{ReadSeats: &wire.ReadSeats{Since: q.since, Seats: int32(q.seats)}}
	case *readAvailability:
		e.Body = &wire.Envelope_ReadAvailability{ReadAvailability: &wire.ReadAvailability{}}
	case *reload:
		e.Body = &wire.Envelope_Reload{Reload: &wire.Reload{}}
	default:
		panic(fmt.Sprintf("no wire form for %T", question))
	}
	return e
}

// encodeReply returns the wire form of the answer to a question.
func encodeReply(question *wire.Envelope, r *reply) *wire.Envelope {
	e := &wire.Envelope{Id: question.Id, Event: question.Event, Stale: r.stale}
	switch {
	case errors.Is(r.err, cluster.ErrMoved):
		e.Body = &wire.Envelope_Moved{Moved: &wire.Moved{}}
	case errors.Is(r.err, cluster.ErrUnsupported):
		e.Body = &wire.Envelope_Unsupported{Unsupported: &wire.Unsupported{}}
	case errors.Is(r.err, errLoading):
		e.SetFailure(r.err, wire.Failure_LOADING)
	case errors.Is(r.err, eventra.ErrRefusedByStore), errors.Is(r.err, eventra.ErrClaimKeyFirst):
		e.SetFailure(r.err, wire.Failure_STORED)
	case errors.Is(r.err, eventra.ErrNotLive):
		e.SetFailure(r.err, wire.Failure_NOT_LIVE)
	case r.err != nil:
		e.SetFailure(r.err, wire.Failure_PLAIN)
	case r.seats != nil:
		e.SetSeatChanges(r.seats, question.GetReadSeats())
	case r.availability != nil:
		e.SetAvailability(r.availability)
	case r.blocking != nil:
		e.SetBlocking(r.blocking)
	case r.refund != nil:
		e.SetRefund(r.refund)
	case r.booking != nil || r.payment != nil:
		e.SetOutcome(r.booking, r.payment)
	default:
		e.Body = &wire.Envelope_Done{Done: &wire.Done{}}
	}
	return e
}

// decodeReply undoes encodeReply.
func decodeReply(event eventra.ID, answer *wire.Envelope) (r *reply, err error) {
	r = &reply{stale: answer.Stale}
	switch body := answer.Body.(type) {
	case *wire.Envelope_Done:
	case *wire.Envelope_Outcome:
		r.booking, r.payment, err = body.Outcome.Decode()
	case *wire.Envelope_SeatsBlocked:
		r.blocking = body.SeatsBlocked.Decode()
	case *wire.Envelope_RefundOutcome:
		r.refund, err = body.RefundOutcome.Decode()
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
