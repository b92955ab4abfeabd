package cluster

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// Node is this instance's place in the cluster over all its lives.
type Node struct {
	config  Config
	current atomic.Pointer[Incarnation] // nil between two lives

	stop   context.CancelFunc
	ended  sync.WaitGroup
	closed sync.Once
}

// Start joins the cluster, or begins to serve alone.
func Start(config Config) (*Node, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	life, err := begin(&config)
	if err != nil {
		return nil, err
	}
	n := &Node{config: config}
	n.current.Store(life)
	var ctx context.Context
	ctx, n.stop = context.WithCancel(context.Background())
	n.ended.Go(func() { n.live(ctx, life) })
	return n, nil
}

// againMin and againMax part attempts to join anew.
const againMin, againMax = 50 * time.Millisecond, time.Second

// live replaces a life that was lost by the next one, until ctx ends.
func (n *Node) live(ctx context.Context, life *Incarnation) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-life.lost:
		}
		n.current.Store(nil)
		over := life
		n.ended.Go(func() { over.end(false) }) // its port is free long before its last flights have landed
		for pause := againMin; ; pause = min(2*pause, againMax) {
			var err error
			if life, err = begin(&n.config); err == nil {
				break
			}
			n.config.Log.Warn("not joined again yet", "error", err)
			if sleep(ctx, pause); ctx.Err() != nil {
				return
			}
		}
		n.config.Log.Info("joined again", "member", life.system.ID)
		n.current.Store(life)
	}
}

// Incarnation is the present one; nil while there is none.
func (n *Node) Incarnation() *Incarnation { return n.current.Load() }

// Ready returns why requests should not be sent to this instance, if so.
func (n *Node) Ready(context.Context) error {
	life := n.Incarnation()
	switch {
	case life == nil:
		return errors.New("not a member at the moment")
	case !life.Serving():
		return ErrSuspended
	case life.view.Load().isolated[life.system.ID]:
		return ErrIsolated
	}
	return nil
}

// Close leaves the cluster: events are handed over, what is in flight lands,
// the lease is given back. ctx bounds the handing over.
func (n *Node) Close(ctx context.Context) {
	n.closed.Do(func() {
		n.stop()
		if life := n.current.Load(); life != nil {
			life.leave(ctx)
			life.end(true)
		}
		n.ended.Wait()
	})
}

// describeTimeout bounds the question to each member for its events.
const describeTimeout = time.Second

// Describe tells who the members are and asks each for its events.
func (n *Node) Describe() (*eventra.Cluster, error) {
	life := n.Incarnation()
	if life == nil {
		return nil, eventra.Unavailable("the cluster", nil)
	}
	v := life.view.Load()
	all := &eventra.Cluster{Members: make([]eventra.ClusterMember, len(v.members))}
	var asking sync.WaitGroup
	for i := range v.members {
		m := &all.Members[i]
		*m = eventra.ClusterMember{Member: v.members[i], Status: v.status(&v.members[i]), Self: v.members[i].ID == v.self,
			Converged: v.agrees(&v.members[i])}
		if m.Self {
			m.Answered, m.Events = true, life.placement.describe()
			continue
		}
		asking.Go(func() { m.Events, m.Answered = life.events(m.Address) })
	}
	asking.Wait()
	return all, nil
}

// events asks a member for its events.
func (l *Incarnation) events(address string) ([]eventra.ActiveEvent, bool) {
	question := &wire.Envelope{Body: &wire.Envelope_ListEvents{ListEvents: &wire.ListEvents{}}}
	answer, err := l.asks.remote(actor.NewPID(address, placementName), question, describeTimeout)
	if err != nil {
		return nil, false
	}
	list, ok := answer.Body.(*wire.Envelope_EventList)
	if !ok {
		return nil, false
	}
	events, err := list.EventList.Decode()
	return events, err == nil
}
