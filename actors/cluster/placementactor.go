package cluster

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra/actors/wire"
)

// placementActorName is the name of each member's placement actor. Members of
// other releases know it, so it stays as it is.
const placementActorName = "eventra-placement"

// placementActor answers questions of other members about this member's events.
type placementActor struct{ *activations }

// Receive implements actor.Actor.
func (p placementActor) Receive(ctx actor.Context) {
	question, ok := ctx.Message().(*wire.Envelope)
	if !ok || ctx.Sender() == nil {
		return
	}
	answer := &wire.Envelope{Id: question.Id, Event: question.Event}
	switch question.GetBody().(type) {
	case *wire.Envelope_Ping:
		answer.Body = &wire.Envelope_Done{Done: &wire.Done{}}
	case *wire.Envelope_ListEvents:
		answer.SetEventList(p.describe())
	case *wire.Envelope_Activate:
		p.answerActivate(question, answer)
	case *wire.Envelope_Reload:
		if event, err := question.EventID(); err == nil {
			if pid := p.find(event); pid != nil {
				ctx.RequestWithCustomSender(pid, question, ctx.Sender())
				return
			}
		}
		answer.Body = &wire.Envelope_Done{Done: &wire.Done{}} // nothing in memory to reload
	default:
		answer.Body = &wire.Envelope_Unsupported{Unsupported: &wire.Unsupported{}}
	}
	ctx.Send(ctx.Sender(), answer)
}

func (p placementActor) answerActivate(question, answer *wire.Envelope) {
	event, err := question.EventID()
	if err == nil {
		var pid *actor.PID
		if pid, err = p.activate(event); err == nil {
			answer.Body = &wire.Envelope_Activated{Activated: &wire.Activated{Actor: pid.Id}}
			return
		}
	}
	answer.Body = &wire.Envelope_Moved{Moved: &wire.Moved{}}
}
