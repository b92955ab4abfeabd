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
	"github.com/eventra/eventra/sleep"
)

// Node is this instance in the cluster, across all its incarnations.
type Node struct {
	config  Config
	current atomic.Pointer[Incarnation] // nil between two incarnations
	evicted atomic.Uint64               // incarnations

	stop       context.CancelFunc // nil before the first incarnation
	joining    sync.WaitGroup     // the loop that makes the next incarnations
	background sync.WaitGroup     // evicted incarnations that end
	closed     sync.Once
}

// New makes a node that is no member yet.
func New(config Config) (*Node, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	return &Node{config: config}, nil
}

// Join joins the cluster, or begins to serve alone. It is called until it succeeds,
// and then no more.
func (n *Node) Join(ctx context.Context) error {
	incarnation, err := startIncarnation(ctx, &n.config)
	if err != nil {
		return err
	}
	n.use(incarnation)
	ctx, n.stop = context.WithCancel(context.Background())
	n.joining.Go(func() { n.rejoinWhenEvicted(ctx, incarnation) })
	return nil
}

// rejoinPauseMin and rejoinPauseMax bound the pause between attempts to join again.
const rejoinPauseMin, rejoinPauseMax = 50 * time.Millisecond, time.Second

// rejoinWhenEvicted replaces an evicted incarnation by a new one, until ctx ends.
func (n *Node) rejoinWhenEvicted(ctx context.Context, incarnation *Incarnation) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-incarnation.evicted:
		}
		n.current.Store(nil)
		n.evicted.Add(1)
		evicted := incarnation
		n.background.Go(func() { evicted.stop(false) }) // it frees the port long before its last batches complete
		for pause := rejoinPauseMin; ; pause = min(2*pause, rejoinPauseMax) {
			var err error
			if incarnation, err = startIncarnation(ctx, &n.config); err == nil {
				break
			}
			n.config.Log.Warn("not joined again yet", "error", err)
			if sleep.For(ctx, pause) != nil {
				return
			}
		}
		n.config.Log.Info("joined again", "memberId", incarnation.system.ID)
		n.use(incarnation)
	}
}

func (n *Node) use(incarnation *Incarnation) {
	if n.config.Started != nil {
		n.config.Started(incarnation)
	}
	n.current.Store(incarnation)
}

// Incarnation returns the present incarnation, nil while there is none.
func (n *Node) Incarnation() *Incarnation { return n.current.Load() }

// Ready returns why this instance should not get requests, nil if it should.
func (n *Node) Ready(context.Context) error {
	incarnation := n.Incarnation()
	switch {
	case incarnation == nil:
		return errors.New("not a member at the moment")
	case !incarnation.Serving():
		return ErrSuspended
	case incarnation.view.Load().isolated[incarnation.system.ID]:
		return ErrIsolated
	}
	return nil
}

// LeaseLeft returns how long this instance may serve without renewing its lease: zero if
// it may not, and the longest time if it is alone.
func (n *Node) LeaseLeft() time.Duration {
	incarnation := n.Incarnation()
	switch {
	case incarnation == nil:
		return 0
	case incarnation.membership == nil:
		return lease
	}
	return max(0, time.Duration(incarnation.membership.leaseEnd.Load())-time.Since(processStart))
}

// Evictions returns how often this instance has lost its lease and joined again, or tries to.
func (n *Node) Evictions() uint64 { return n.evicted.Load() }

// Load describes the work of this instance.
type Load struct{ Members, Events, Queued int }

// Events describes the events that this instance has in memory.
func (n *Node) Events() []eventra.ActiveEvent {
	if incarnation := n.Incarnation(); incarnation != nil {
		return incarnation.activations.describe()
	}
	return nil
}

// Load returns the number of members, of this one's active events and of the requests
// without an outcome at these.
func (n *Node) Load() (load Load) {
	incarnation := n.Incarnation()
	if incarnation == nil {
		return load
	}
	load.Members = len(incarnation.view.Load().members)
	for _, event := range incarnation.activations.describe() {
		load.Events++
		load.Queued += event.Queued
	}
	return load
}

// Close leaves the cluster: it hands all events over, lets in-flight batches
// complete, and gives the lease back. ctx bounds the handing over.
func (n *Node) Close(ctx context.Context) {
	n.closed.Do(func() {
		if n.stop == nil {
			return
		}
		n.stop()
		n.joining.Wait() // a join under way ends early, or has made the present incarnation
		if incarnation := n.current.Load(); incarnation != nil {
			incarnation.leave(ctx)
			incarnation.stop(true)
		}
		n.background.Wait()
	})
}

// describeTimeout bounds the question to each member for its events.
const describeTimeout = time.Second

// Describe returns all members, each with the events that it answered with.
func (n *Node) Describe() (*eventra.Cluster, error) {
	incarnation := n.Incarnation()
	if incarnation == nil {
		return nil, eventra.Unavailable("the cluster", nil)
	}
	v := incarnation.view.Load()
	all := &eventra.Cluster{Members: make([]eventra.ClusterMember, len(v.members))}
	var asking sync.WaitGroup
	for i := range v.members {
		m := &all.Members[i]
		*m = eventra.ClusterMember{Member: v.members[i], Status: v.status(&v.members[i]), Self: v.members[i].ID == v.self,
			Converged: v.hasConverged(&v.members[i])}
		if m.Self {
			m.Answered, m.Events = true, incarnation.activations.describe()
			continue
		}
		asking.Go(func() { m.Events, m.Answered = incarnation.eventsOf(m.Address) })
	}
	asking.Wait()
	return all, nil
}

// eventsOf asks the member at an address for its events.
func (i *Incarnation) eventsOf(address string) ([]eventra.ActiveEvent, bool) {
	question := &wire.Envelope{Body: &wire.Envelope_ListEvents{ListEvents: &wire.ListEvents{}}}
	answer, err := i.asks.remote(actor.NewPID(address, placementActorName), question, describeTimeout)
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
