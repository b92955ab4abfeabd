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
	// activationTimeout bounds the question to the owner for an event's actor.
	activationTimeout = time.Second
	// cacheMax bounds the remembered actors of other members. Past it the cache is
	// cleared, and each event costs one more round trip.
	cacheMax = 1 << 16
)

// lookup implements the library's IdentityLookup: it finds the actor of an event,
// on whichever member it is. It holds no lock while it asks another member.
type lookup struct {
	incarnation *Incarnation
	asking      singleflight.Group
	cache       sync.Map // eventra.ID → remoteActor
	cached      atomic.Int64
}

// remoteActor is an event's actor on another member, as it answered last.
type remoteActor struct {
	pid    *actor.PID
	member string
}

// locate returns the event's actor, which its owner starts if need be. ErrMoved
// while no member is known to own the event.
func (l *lookup) locate(ctx context.Context, event eventra.ID) (*actor.PID, error) {
	owner := l.incarnation.view.Load().owner(event)
	switch {
	case owner == nil:
		return nil, ErrMoved
	case owner.ID == l.incarnation.system.ID:
		return l.incarnation.activations.activate(event)
	}
	if known, ok := l.cache.Load(event); ok && known.(remoteActor).member == owner.ID {
		return known.(remoteActor).pid, nil
	}
	asked := l.asking.DoChan(owner.ID+string(event[:]), func() (any, error) { return l.activate(event, owner) })
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

// activate asks the owner for the event's actor and remembers it.
func (l *lookup) activate(event eventra.ID, owner *eventra.Member) (*actor.PID, error) {
	question := &wire.Envelope{Event: event[:], Body: &wire.Envelope_Activate{Activate: &wire.Activate{}}}
	answer, err := l.incarnation.asks.remote(actor.NewPID(owner.Address, placementActorName), question, activationTimeout)
	if err != nil {
		return nil, ErrMoved // even if it did not answer: it may be gone, and another member own the event soon
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

// forget removes an actor that has answered ErrMoved from the cache.
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

// purge removes the actors of members that no longer own their event.
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
