package cluster

import (
	"fmt"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// placementName is the name of each member's placement actor, by which the
// others find it.
const placementName = "eventra-placement"

// placement is the events that are active in one life.
type placement struct {
	life *Incarnation

	mu      sync.RWMutex
	active  map[eventra.ID]*placed
	spawned int64
	closed  bool
}

type placed struct {
	pid      *actor.PID
	describe func() eventra.ActiveEvent
}

func newPlacement(life *Incarnation) *placement {
	return &placement{life: life, active: map[eventra.ID]*placed{}}
}

// activate returns the event's actor, and starts it where there is none, once
// all members know that it is to be here. It refuses what is not this member's,
// and everything while it is suspended.
func (p *placement) activate(event eventra.ID) (*actor.PID, error) {
	if !p.life.Serving() {
		return nil, ErrSuspended
	}
	if !p.life.Owns(event) {
		return nil, ErrMoved
	}
	if pid := p.find(event); pid != nil {
		return pid, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrMoved
	}
	if a := p.active[event]; a != nil {
		return a.pid, nil
	}
	// A view that comes after this look hands over what is started here.
	if v := p.life.view.Load(); !v.owns(event) || !v.agreed {
		return nil, ErrMoved
	}
	activation := p.life.activate(p.life, event)
	p.spawned++
	// The name says which life and event it is of: a name that is used again, by a
	// process that has the address of another one, would have callers of before ask
	// the wrong event.
	name := fmt.Sprintf("%v/%s/%d", event, p.life.system.ID, p.spawned)
	pid, err := p.life.system.Root.SpawnNamed(activation.Props, name)
	if err != nil {
		return nil, err
	}
	p.active[event] = &placed{pid, activation.Describe}
	return pid, nil
}

func (p *placement) find(event eventra.ID) *actor.PID {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if a := p.active[event]; a != nil {
		return a.pid
	}
	return nil
}

func (p *placement) forget(event eventra.ID, pid *actor.PID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.active[event]; a != nil && a.pid.Equal(pid) {
		delete(p.active, event)
	}
}

// handOver has every event that is another member's now given up.
func (p *placement) handOver() {
	p.mu.RLock()
	var moving []*actor.PID
	for event, a := range p.active {
		if !p.life.Owns(event) {
			moving = append(moving, a.pid)
		}
	}
	p.mu.RUnlock()
	for _, pid := range moving {
		p.life.system.Root.Send(pid, &HandOver{})
	}
}

func (p *placement) describe() []eventra.ActiveEvent {
	p.mu.RLock()
	defer p.mu.RUnlock()
	events := make([]eventra.ActiveEvent, 0, len(p.active))
	for _, a := range p.active {
		events = append(events, a.describe())
	}
	return events
}

// close starts nothing any more and stops all there is; the futures tell when
// that is done.
func (p *placement) close() (stopping []actor.Future) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, a := range p.active {
		stopping = append(stopping, p.life.system.Root.StopFuture(a.pid))
	}
	return stopping
}

func (p *placement) empty() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.active) == 0
}

// placementActor answers other members.
type placementActor struct{ *placement }

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
		answer.Body = &wire.Envelope_Done{Done: &wire.Done{}} // nothing in memory, nothing stale
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
