package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	library "github.com/asynkron/protoactor-go/cluster"
	"github.com/asynkron/protoactor-go/remote"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// Incarnation is one membership of this instance, from joining to leaving or
// eviction. It has its own actor system, since the library never lets a member
// that left come back.
type Incarnation struct {
	log      *slog.Logger
	activate func(*Incarnation, eventra.ID) Activation
	system   *actor.ActorSystem

	asks        *asks
	lookup      *lookup
	activations *activations
	membership  *membership      // nil if alone
	cluster     *library.Cluster // nil if alone
	view        atomic.Pointer[view]

	evicted       chan struct{} // closed when the other members have evicted this one
	stopDetecting context.CancelFunc
	detecting     sync.WaitGroup
}

// startIncarnation joins the cluster; when it returns, events can be asked. ctx bounds
// the joining.
func startIncarnation(ctx context.Context, c *Config) (*Incarnation, error) {
	i := &Incarnation{log: c.Log, activate: c.Activate, evicted: make(chan struct{})}
	i.system = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return libraryLog(c.Log) }))
	i.asks = newAsks(i.system)
	i.lookup = &lookup{incarnation: i}
	i.activations = newActivations(i)
	i.view.Store(alone(i.system.ID, c.Version))
	if c.Alone() {
		return i, nil
	}
	if err := i.join(ctx, c); err != nil {
		i.stop(ctx.Err() != nil) // the store may have the member all the same
		return nil, err
	}
	detecting, stop := context.WithCancel(context.Background())
	i.stopDetecting = stop
	i.detecting.Go(func() { newFailureDetector(i).run(detecting) })
	return i, nil
}

// gossipNever switches the library's gossip off: it would block a member forever
// that has not answered for a while.
const gossipNever = 100 * 365 * 24 * time.Hour

func (i *Incarnation) join(ctx context.Context, c *Config) error {
	config, err := remoting(c)
	if err != nil {
		return err
	}
	i.view.Store(newView(i.system.ID, nil)) // it owns nothing before it knows the others
	i.membership = newMembership(c.Members, c.Version, c.Log, i.applyMembers, func() { close(i.evicted) })
	i.system.EventStream.Subscribe(func(event any) {
		if gone, ok := event.(*remote.EndpointTerminatedEvent); ok {
			i.asks.failAddress(gone.Address)
			go i.connectionLost(gone.Address)
		}
	})
	if _, err := i.system.Root.SpawnNamed(actor.PropsFromProducer(func() actor.Actor { return placementActor{i.activations} }), placementActorName); err != nil {
		return err
	}
	settings := library.Configure("eventra", nil, i.lookup, config) // startMember sets the provider
	settings.GossipInterval, settings.HeartbeatExpiration = gossipNever, gossipNever
	i.cluster = library.New(i.system, settings)
	return i.startMember(ctx)
}

// startMember starts the library. The library panics instead of returning errors,
// and sleeps for a second when it has started, which startMember does not wait for.
func (i *Incarnation) startMember(ctx context.Context) error {
	failed, started := make(chan error, 1), make(chan struct{})
	i.cluster.Config.ClusterProvider = startSignal{i.membership, ctx, started}
	go func() {
		defer func() {
			switch fault := recover().(type) {
			case nil:
			case error:
				failed <- fmt.Errorf("cluster not started: %w", fault)
			default:
				failed <- fmt.Errorf("cluster not started: %v", fault)
			}
		}()
		i.cluster.StartMember()
	}()
	select {
	case err := <-failed:
		return err
	case <-started:
		return nil
	}
}

// startSignal is a membership that joins as long as its context lasts, and closes
// started when it has.
type startSignal struct {
	*membership
	joining context.Context //nolint:containedctx // the library calls StartMember without one
	started chan struct{}
}

// StartMember implements the library's ClusterProvider.
func (s startSignal) StartMember(c *library.Cluster) error {
	if err := s.join(s.joining, c); err != nil {
		return err
	}
	close(s.started)
	return nil
}

// StartClient implements the library's ClusterProvider. Every instance is a member.
func (s startSignal) StartClient(c *library.Cluster) error { return s.StartMember(c) }

// applyMembers makes these members the present view. When it returns, this member
// no longer serves the events of others.
func (i *Incarnation) applyMembers(members []eventra.Member) *view {
	before, v := i.view.Load(), newView(i.system.ID, members)
	i.view.Store(v)
	for _, m := range before.owners {
		if v.isolated[m.ID] {
			i.asks.failAddress(m.Address) // no answer will come from there
		}
	}
	i.lookup.purge(v)
	i.activations.handOver()
	return v
}

// Root sends messages to actors.
func (i *Incarnation) Root() *actor.RootContext { return i.system.Root }

// Local reports whether an actor runs in this process.
func (i *Incarnation) Local(pid *actor.PID) bool { return pid.Address == i.system.Address() }

// Serving reports whether this member may serve its events, which is while it
// holds its lease.
func (i *Incarnation) Serving() bool { return i.membership == nil || i.membership.holdsLease() }

// Owns reports whether this member owns an event.
func (i *Incarnation) Owns(event eventra.ID) bool { return i.view.Load().owns(event) }

// Locate returns the event's actor, which its owner starts if need be. ErrMoved
// if the owner is not known at the moment: try again. ErrSuspended or ErrIsolated
// if this member can serve no request at the moment.
func (i *Incarnation) Locate(ctx context.Context, event eventra.ID) (*actor.PID, error) {
	switch {
	case !i.Serving():
		return nil, ErrSuspended
	case i.view.Load().isolated[i.system.ID]:
		return nil, ErrIsolated
	}
	return i.lookup.locate(ctx, event)
}

// Resident returns the event's actor if it runs in this process, even if another
// member owns the event by now; nil otherwise.
func (i *Incarnation) Resident(event eventra.ID) *actor.PID { return i.activations.find(event) }

// PlacementActor returns the placement actor of the event's owner, nil if this
// member or no member owns the event.
func (i *Incarnation) PlacementActor(event eventra.ID) *actor.PID {
	owner := i.view.Load().owner(event)
	if owner == nil || owner.ID == i.system.ID {
		return nil
	}
	return actor.NewPID(owner.Address, placementActorName)
}

// TellAll sends a message to every event's actor in this process.
func (i *Incarnation) TellAll(msg any) {
	for _, pid := range i.activations.pids() {
		i.system.Root.Send(pid, msg)
	}
}

// Ask asks an actor of this process and waits for its answer. ErrMoved if there is
// no such actor, ErrTimeout if it has not answered in time.
func (i *Incarnation) Ask(pid *actor.PID, msg any, timeout time.Duration) (any, error) {
	return i.asks.local(pid, msg, timeout)
}

// AskRemote asks an actor of another member and waits for its answer. ErrMoved as
// soon as it is known that no answer will come.
func (i *Incarnation) AskRemote(pid *actor.PID, question *wire.Envelope, timeout time.Duration) (*wire.Envelope, error) {
	return i.asks.remote(pid, question, timeout)
}

// Forget removes an actor, so that the next caller looks the event up again. An
// event's actor that no longer serves calls it for itself; another one may then
// be started. A caller that was answered ErrMoved calls it for that actor.
func (i *Incarnation) Forget(event eventra.ID, pid *actor.PID) {
	i.activations.forget(event, pid)
	i.lookup.forget(event, pid)
}
