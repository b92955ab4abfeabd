package cluster

import (
	"fmt"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
)

// activations are the running event actors of one incarnation.
type activations struct {
	incarnation *Incarnation

	mu      sync.RWMutex
	running map[eventra.ID]*runningActor
	spawned int64
	closed  bool
}

type runningActor struct {
	pid      *actor.PID
	describe func() eventra.ActiveEvent
}

func newActivations(incarnation *Incarnation) *activations {
	return &activations{incarnation: incarnation, running: map[eventra.ID]*runningActor{}}
}

// activate returns the event's actor. If there is none it starts one, once the
// members have converged on this member as the owner. ErrMoved if the event is
// another member's, ErrSuspended while this member is suspended.
func (a *activations) activate(event eventra.ID) (*actor.PID, error) {
	if !a.incarnation.Serving() {
		return nil, ErrSuspended
	}
	if !a.incarnation.Owns(event) {
		return nil, ErrMoved
	}
	if pid := a.find(event); pid != nil {
		return pid, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, ErrMoved
	}
	if r := a.running[event]; r != nil {
		return r.pid, nil
	}
	// A view that arrives after this check hands over what is started here.
	if v := a.incarnation.view.Load(); !v.owns(event) || !v.converged {
		return nil, ErrMoved
	}
	activation := a.incarnation.activate(a.incarnation, event)
	a.spawned++
	// The name contains the event and the incarnation. If a process that takes
	// over another one's address used a name again, callers that remember the old
	// actor would ask the wrong event.
	name := fmt.Sprintf("%v/%s/%d", event, a.incarnation.system.ID, a.spawned)
	pid, err := a.incarnation.system.Root.SpawnNamed(activation.Props, name)
	if err != nil {
		return nil, err
	}
	a.running[event] = &runningActor{pid, activation.Describe}
	return pid, nil
}

func (a *activations) find(event eventra.ID) *actor.PID {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if r := a.running[event]; r != nil {
		return r.pid
	}
	return nil
}

func (a *activations) forget(event eventra.ID, pid *actor.PID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.running[event]; r != nil && r.pid.Equal(pid) {
		delete(a.running, event)
	}
}

// handOver tells every actor whose event is another member's by now to hand over.
func (a *activations) handOver() {
	a.mu.RLock()
	var moving []*actor.PID
	for event, r := range a.running {
		if !a.incarnation.Owns(event) {
			moving = append(moving, r.pid)
		}
	}
	a.mu.RUnlock()
	for _, pid := range moving {
		a.incarnation.system.Root.Send(pid, &HandOver{})
	}
}

func (a *activations) pids() []*actor.PID {
	a.mu.RLock()
	defer a.mu.RUnlock()
	pids := make([]*actor.PID, 0, len(a.running))
	for _, r := range a.running {
		pids = append(pids, r.pid)
	}
	return pids
}

func (a *activations) describe() []eventra.ActiveEvent {
	a.mu.RLock()
	defer a.mu.RUnlock()
	events := make([]eventra.ActiveEvent, 0, len(a.running))
	for _, r := range a.running {
		events = append(events, r.describe())
	}
	return events
}

// close starts no more actors and stops the running ones; the futures end when
// these have stopped.
func (a *activations) close() (stopping []actor.Future) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for _, r := range a.running {
		stopping = append(stopping, a.incarnation.system.Root.StopFuture(r.pid))
	}
	return stopping
}

func (a *activations) empty() bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.running) == 0
}
