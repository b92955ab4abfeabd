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

// Incarnation is one membership of this instance, from joining to its end, with an
// actor system of its own: the library never lets a member that left come back.
type Incarnation struct {
	log      *slog.Logger
	activate func(*Incarnation, eventra.ID) Activation
	system   *actor.ActorSystem

	asks       *asks
	lookup     *lookup
	placement  *placement
	membership *membership      // nil if alone
	cluster    *library.Cluster // nil if alone
	view       atomic.Pointer[view]

	lost     chan struct{} // closed when the others have given this member up
	stopPing context.CancelFunc
	pinging  sync.WaitGroup
}

// begin starts a life; when it returns, events can be asked.
func begin(c *Config) (*Incarnation, error) {
	l := &Incarnation{log: c.Log, activate: c.Activate, lost: make(chan struct{})}
	l.system = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return libraryLog(c.Log) }))
	l.asks = newAsks(l.system)
	l.lookup = &lookup{life: l}
	l.placement = newPlacement(l)
	l.view.Store(alone(l.system.ID, c.Version))
	if c.Alone() {
		return l, nil
	}
	if err := l.join(c); err != nil {
		l.end(false)
		return nil, err
	}
	var ctx context.Context
	ctx, l.stopPing = context.WithCancel(context.Background())
	l.pinging.Go(func() { l.reach(ctx) })
	return l, nil
}

// gossipNever switches the library's gossip off: it would block members for
// ever that were silent for a while.
const gossipNever = 100 * 365 * 24 * time.Hour

func (l *Incarnation) join(c *Config) error {
	config, err := remoting(c)
	if err != nil {
		return err
	}
	l.view.Store(newView(l.system.ID, nil)) // owns nothing before it knows the others
	l.membership = newMembership(c.Members, c.Version, c.Log, l.see, func() { close(l.lost) })
	l.system.EventStream.Subscribe(func(event any) {
		if gone, ok := event.(*remote.EndpointTerminatedEvent); ok {
			l.asks.gone(gone.Address)
			go l.lostConnection(gone.Address)
		}
	})
	if _, err := l.system.Root.SpawnNamed(actor.PropsFromProducer(func() actor.Actor { return placementActor{l.placement} }), placementName); err != nil {
		return err
	}
	settings := library.Configure("eventra", l.membership, l.lookup, config)
	settings.GossipInterval, settings.HeartbeatExpiration = gossipNever, gossipNever
	l.cluster = library.New(l.system, settings)
	return l.startMember()
}

// startMember has the library start. It panics where others return errors, and
// sleeps for a second when all is done, which nobody has to wait for.
func (l *Incarnation) startMember() error {
	failed, started := make(chan error, 1), make(chan struct{})
	l.cluster.Config.ClusterProvider = announcing{l.membership, started}
	go func() {
		defer func() {
			if fault := recover(); fault != nil {
				failed <- fmt.Errorf("cluster not started: %v", fault)
			}
		}()
		l.cluster.StartMember()
	}()
	select {
	case err := <-failed:
		return err
	case <-started:
		return nil
	}
}

// announcing is a membership that tells when it has started.
type announcing struct {
	*membership
	started chan struct{}
}

func (a announcing) StartMember(c *library.Cluster) error {
	if err := a.membership.StartMember(c); err != nil {
		return err
	}
	close(a.started)
	return nil
}

// see takes over who the members are. When it returns, nothing is served that
// is not this member's any more.
func (l *Incarnation) see(members []eventra.Member) *view {
	before, v := l.view.Load(), newView(l.system.ID, members)
	l.view.Store(v)
	for _, m := range before.owners {
		if v.isolated[m.ID] {
			l.asks.gone(m.Address) // nobody will answer from there
		}
	}
	l.lookup.purge(v)
	l.placement.handOver()
	return v
}

// Root sends messages in this life.
func (l *Incarnation) Root() *actor.RootContext { return l.system.Root }

// Local reports whether an actor is of this process.
func (l *Incarnation) Local(pid *actor.PID) bool { return pid.Address == l.system.Address() }

// Serving reports whether this member may serve its events: its lease has not
// ended.
func (l *Incarnation) Serving() bool { return l.membership == nil || l.membership.good() }

// Owns reports whether an event is this member's.
func (l *Incarnation) Owns(event eventra.ID) bool { return l.view.Load().owns(event) }

// Locate returns the event's actor, which is started where it belongs.
// ErrSuspended and ErrIsolated: this member can do nothing for anybody at the
// moment; ErrMoved: look again.
func (l *Incarnation) Locate(ctx context.Context, event eventra.ID) (*actor.PID, error) {
	switch {
	case !l.Serving():
		return nil, ErrSuspended
	case l.view.Load().isolated[l.system.ID]:
		return nil, ErrIsolated
	}
	return l.lookup.locate(ctx, event)
}

// Resident returns the event's actor if it is in this process, also if it
// should not be; nil otherwise.
func (l *Incarnation) Resident(event eventra.ID) *actor.PID { return l.placement.find(event) }

// PlacementActor returns the placement actor of the event's owner, nil if that is
// this member or nobody.
func (l *Incarnation) PlacementActor(event eventra.ID) *actor.PID {
	owner := l.view.Load().owner(event)
	if owner == nil || owner.ID == l.system.ID {
		return nil
	}
	return actor.NewPID(owner.Address, placementName)
}

// Ask asks an actor of this process.
func (l *Incarnation) Ask(pid *actor.PID, msg any, timeout time.Duration) (any, error) {
	return l.asks.local(pid, msg, timeout)
}

// AskRemote asks an actor of another member. ErrMoved if it can be said that
// no answer will come, however that is known.
func (l *Incarnation) AskRemote(pid *actor.PID, question *wire.Envelope, timeout time.Duration) (*wire.Envelope, error) {
	return l.asks.remote(pid, question, timeout)
}

// Forget is called by an event's actor that serves no more: it is not found
// any more, and another one may be started. Elsewhere, it makes who sent the
// caller away be looked up anew.
func (l *Incarnation) Forget(event eventra.ID, pid *actor.PID) {
	l.placement.forget(event, pid)
	l.lookup.forget(event, pid)
}

const (
	// endWithin bounds the wait for actors and connections of a life to end.
	endWithin = 5 * time.Second
	// lingerAfterLeaving is for those who have not heard of it yet, and would
	// otherwise have to find out by a broken connection.
	lingerAfterLeaving = 250 * time.Millisecond
	handOverPoll       = 5 * time.Millisecond
	// drainWithin is for the last answers on their way. Connections do not end
	// by themselves, and a peer whose connection to a lost life stays open
	// sends there what is for the next life at this address, for 10 s.
	drainWithin = 250 * time.Millisecond
)

// leave hands all events over, while this member goes on asking others.
func (l *Incarnation) leave(ctx context.Context) {
	if l.membership == nil || !l.Serving() {
		return
	}
	l.membership.tell(func(self *eventra.Member) { self.Leaving = true })
	for (!l.placement.empty() || len(l.view.Load().others()) > 0 && !l.left()) && ctx.Err() == nil && l.Serving() {
		sleep(ctx, handOverPoll)
	}
	sleep(ctx, lingerAfterLeaving)
}

// left reports whether the others may know that this member leaves.
func (l *Incarnation) left() bool {
	for _, m := range l.view.Load().members {
		if m.ID == l.system.ID {
			return m.Leaving
		}
	}
	return true
}

// end stops everything of a life. Gracefully, the lease is given back at once
// instead of running out.
func (l *Incarnation) end(graceful bool) {
	if l.stopPing != nil {
		l.stopPing()
	}
	deadline := time.Now().Add(endWithin)
	for _, stopping := range l.placement.close() {
		waitUntil(deadline, func() { _ = stopping.Wait() })
	}
	l.asks.close()
	l.pinging.Wait()
	if l.membership != nil {
		if err := l.membership.Shutdown(graceful); err != nil {
			l.log.Warn("lease not given back", "error", err)
		}
	}
	if l.cluster != nil && l.cluster.Remote != nil {
		drained := time.Now()
		if graceful {
			drained = drained.Add(drainWithin)
		}
		waitUntil(drained, func() { l.cluster.Remote.Shutdown(true) })
		waitUntil(deadline, func() { l.cluster.Remote.Shutdown(false) })
	}
	l.system.Shutdown()
}

// waitUntil leaves behind what has not ended by then.
func waitUntil(deadline time.Time, work func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // the library's shutdown panics if its start had failed half-way
		work()
	}()
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
