package cluster

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	library "github.com/asynkron/protoactor-go/cluster"
	"golang.org/x/sync/singleflight"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

const (
	// activationTimeout bounds the question to a member where an event's actor is.
	activationTimeout = time.Second
	// cacheMax bounds the events whose actors elsewhere are remembered; past it
	// all are looked up anew, which costs a round trip each.
	cacheMax = 1 << 16
)

// lookup finds the actor of an event, wherever it is: the library's
// IdentityLookup. No lock is held while another member is asked.
type lookup struct {
	life   *Incarnation
	asking singleflight.Group
	cache  sync.Map // eventra.ID → remoteActor
	cached atomic.Int64
}

// remoteActor is where an event's actor was, and at whose place.
type remoteActor struct {
	pid    *actor.PID
	member string
}

// locate returns the event's actor; it is started where it belongs. ErrMoved if
// it is not clear at the moment where that is.
func (l *lookup) locate(ctx context.Context, event eventra.ID) (*actor.PID, error) {
	owner := l.life.view.Load().owner(event)
	switch {
	case owner == nil:
		return nil, ErrMoved
	case owner.ID == l.life.system.ID:
		return l.life.placement.activate(event)
	}
	if known, ok := l.cache.Load(event); ok && known.(remoteActor).member == owner.ID {
		return known.(remoteActor).pid, nil
	}
	asked := l.asking.DoChan(owner.ID+string(event[:]), func() (any, error) { return l.ask(event, owner) })
	select {
	case <-ctx.Done():
		return nil, ErrTimeout
	case result := <-asked:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*actor.PID), nil
	}
}

func (l *lookup) ask(event eventra.ID, owner *eventra.Member) (*actor.PID, error) {
	question := &wire.Envelope{Event: event[:], Body: &wire.Envelope_Activate{Activate: &wire.Activate{}}}
	answer, err := l.life.asks.remote(actor.NewPID(owner.Address, placementName), question, activationTimeout)
	if err != nil {
		return nil, ErrMoved // also when it does not answer: it may be gone, and somebody else be the owner soon
	}
	activated, ok := answer.Body.(*wire.Envelope_Activated)
	if !ok {
		return nil, ErrUnsupported
	}
	pid := actor.NewPID(owner.Address, activated.Activated.GetActor())
	if _, known := l.cache.Swap(event, remoteActor{pid, owner.ID}); !known && l.cached.Add(1) > cacheMax {
		l.cache.Clear()
		l.cached.Store(0)
	}
	return pid, nil
}

// forget takes an actor out of the cache that has sent its caller away.
func (l *lookup) forget(event eventra.ID, pid *actor.PID) {
	if known, ok := l.cache.Load(event); ok && known.(remoteActor).pid == pid {
		l.drop(event, known)
	}
}

func (l *lookup) drop(event, known any) {
	if l.cache.CompareAndDelete(event, known) {
		l.cached.Add(-1)
	}
}

// purge forgets what is not where it belongs by the present view.
func (l *lookup) purge(v *view) {
	l.cache.Range(func(event, known any) bool {
		if owner := v.owner(event.(eventra.ID)); owner == nil || owner.ID != known.(remoteActor).member {
			l.drop(event, known)
		}
		return true
	})
}

// Get implements the library's IdentityLookup.
func (l *lookup) Get(identity *library.ClusterIdentity) *actor.PID {
	event, err := eventra.ParseID(identity.GetIdentity())
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), activationTimeout)
	defer cancel()
	pid, err := l.locate(ctx, event)
	if err != nil {
		return nil
	}
	return pid
}

// RemovePid implements the library's IdentityLookup.
func (l *lookup) RemovePid(identity *library.ClusterIdentity, _ *actor.PID) {
	if event, err := eventra.ParseID(identity.GetIdentity()); err == nil {
		if known, ok := l.cache.Load(event); ok {
			l.drop(event, known)
		}
	}
}

// Setup implements the library's IdentityLookup.
func (l *lookup) Setup(*library.Cluster, []string, bool) {}

// Shutdown implements the library's IdentityLookup.
func (l *lookup) Shutdown() {}
