package cluster

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra/actors/wire"
)

var (
	// ErrMoved says that the actor or member that was asked promised nothing:
	// look the owner up and ask again.
	ErrMoved = errors.New("the event is served elsewhere")
	// ErrSuspended says that this member's lease has ended, so it serves nothing.
	ErrSuspended = errors.New("this instance is cut off from the cluster's database")
	// ErrIsolated says that this member does not reach the others, which own all events.
	ErrIsolated = errors.New("this instance is cut off from the other instances")
	// ErrUnsupported says that the other member's release does not know the question.
	ErrUnsupported = errors.New("the event's instance runs a release that does not know this")
	// ErrTimeout says that no answer came in time.
	ErrTimeout = errors.New("no answer in time")
)

// asks holds the questions that wait for an answer. Questions to other members
// are kept by address, so that they fail at once when a member is gone.
type asks struct {
	system *actor.ActorSystem
	shared *sharedFuture // for actors of this process
	lastID atomic.Uint64

	mu      sync.Mutex
	pending map[string]map[actor.Future]struct{}
	closed  bool
}

func newAsks(system *actor.ActorSystem) *asks {
	a := &asks{system: system, shared: newSharedFuture(system), pending: map[string]map[actor.Future]struct{}{}}
	a.lastID.Store(rand.Uint64()) //nolint:gosec // each incarnation needs other ids, not secret ones
	return a
}

// local asks an actor of this process.
func (a *asks) local(pid *actor.PID, msg any, timeout time.Duration) (any, error) {
	return a.shared.ask(pid, msg, timeout)
}

// remote asks an actor of another member. It sets the envelope's id and timeout.
func (a *asks) remote(pid *actor.PID, question *wire.Envelope, timeout time.Duration) (*wire.Envelope, error) {
	question.Id, question.TimeoutMicros = a.lastID.Add(1), timeout.Microseconds()
	future := actor.NewFuture(a.system, timeout)
	if !a.add(pid.Address, future) {
		a.fail(future)
		return nil, ErrMoved
	}
	defer a.remove(pid.Address, future)
	a.system.Root.RequestWithCustomSender(pid, question, future.PID())
	result, err := future.Result()
	switch {
	case errors.Is(err, actor.ErrDeadLetter):
		return nil, ErrMoved
	case errors.Is(err, actor.ErrTimeout):
		return nil, ErrTimeout
	case err != nil:
		return nil, err
	}
	answer, ok := result.(*wire.Envelope)
	if !ok || answer.GetId() != question.Id {
		return nil, ErrMoved // meant for a process that had this address before
	}
	switch answer.GetBody().(type) {
	case *wire.Envelope_Moved:
		return nil, ErrMoved
	case *wire.Envelope_Unsupported, nil:
		return nil, ErrUnsupported
	}
	return answer, nil
}

func (a *asks) add(address string, future actor.Future) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	if a.pending[address] == nil {
		a.pending[address] = map[actor.Future]struct{}{}
	}
	a.pending[address][future] = struct{}{}
	return true
}

func (a *asks) remove(address string, future actor.Future) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.pending[address], future)
}

// failAddress fails all questions to an address from which no answer will come.
func (a *asks) failAddress(address string) {
	a.mu.Lock()
	futures := a.pending[address]
	delete(a.pending, address)
	a.mu.Unlock()
	for future := range futures {
		a.fail(future)
	}
}

// close fails all questions, present and future.
func (a *asks) close() {
	a.mu.Lock()
	a.closed = true
	addresses := a.pending
	a.pending = nil
	a.mu.Unlock()
	for _, futures := range addresses {
		for future := range futures {
			a.fail(future)
		}
	}
}

func (a *asks) fail(future actor.Future) {
	a.system.Root.Send(future.PID(), &actor.DeadLetterResponse{})
}
