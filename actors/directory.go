package actors

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/groupcommit"
	"github.com/eventra/eventra/sleep"
)

// Directory finds the actor of an event, wherever in the cluster it is, and
// asks it. It hides activations that end or move meanwhile.
type Directory struct {
	deps        *Dependencies
	pool        *groupcommit.Pool
	node        *cluster.Node
	whereabouts whereabouts
	replicas    replicas
	// loads bounds the events that are read at once, so that a wave of them
	// leaves connections to those that sell; wakes those told to their next owner.
	loads, wakes chan struct{}
}

const (
	loadsMax = 6
	wakesMax = 4
)

// OpenDirectory joins the cluster, or begins to serve alone; config.Activate
// is set here.
func OpenDirectory(deps *Dependencies, config cluster.Config) (*Directory, error) {
	d := &Directory{deps: deps, loads: make(chan struct{}, loadsMax), wakes: make(chan struct{}, wakesMax)}
	d.pool = groupcommit.NewPool(groupcommit.Config{Store: deps.Store, Locks: deps.Locks, Metrics: deps.Metrics,
		Runtime: groupcommit.GoRuntime{}, Log: deps.Log})
	config.Activate = func(incarnation *cluster.Incarnation, event eventra.ID) cluster.Activation {
		seen := &seen{event: event}
		return cluster.Activation{Describe: seen.describe, Props: actor.PropsFromProducer(func() actor.Actor {
			return newEventActor(d, incarnation, event, seen)
		})}
	}
	var err error
	d.node, err = cluster.Start(config)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Node returns this instance's member of the cluster.
func (d *Directory) Node() *cluster.Node { return d.node }

// Ready returns why requests should not be sent to this instance, if so.
func (d *Directory) Ready(ctx context.Context) error { return d.node.Ready(ctx) }

// Describe tells of all members and their active events.
func (d *Directory) Describe(context.Context) (*eventra.Cluster, error) { return d.node.Describe() }

// Close hands all events over, or stops them where nobody else is: batches
// complete, who waits is told.
func (d *Directory) Close(ctx context.Context) { d.node.Close(ctx) }

// askPauseMin and askPauseMax part attempts at an event that is moving or
// being loaded.
const askPauseMin, askPauseMax = 2 * time.Millisecond, 100 * time.Millisecond

// ask sends a message until an activation answers it or ctx ends.
func (d *Directory) ask(ctx context.Context, event eventra.ID, msg any) (*reply, error) {
	return retried(ctx, func(timeout time.Duration) (*reply, error) {
		incarnation, pid, err := d.locate(ctx, event)
		if err != nil {
			return nil, err
		}
		if incarnation.Local(pid) {
			return askLocal(incarnation, event, pid, msg, timeout)
		}
		return askRemote(incarnation, event, pid, encodeQuestion(event, msg), timeout)
	})
}

// locate returns the event's actor, in the incarnation of this instance in which it was
// found.
func (d *Directory) locate(ctx context.Context, event eventra.ID) (*cluster.Incarnation, *actor.PID, error) {
	incarnation := d.node.Incarnation()
	if incarnation == nil {
		return nil, nil, cluster.ErrMoved
	}
	pid, err := incarnation.Locate(ctx, event)
	return incarnation, pid, err
}

// retried asks again while that may help, with growing, jittered pauses, until
// ctx ends.
func retried(ctx context.Context, once func(timeout time.Duration) (*reply, error)) (*reply, error) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		panic("asked an event without a deadline")
	}
	for pause := askPauseMin; ; pause = min(2*pause, askPauseMax) {
		timeout := time.Until(deadline)
		if timeout <= 0 {
			return nil, eventra.Unavailable("the event", ctx.Err())
		}
		r, err := once(timeout)
		if err == nil {
			err = r.err
		}
		if !errors.Is(err, cluster.ErrMoved) && !errors.Is(err, errLoading) {
			return r, answered(err)
		}
		if err := sleep.For(ctx, pause/2+rand.N(pause)); err != nil {
			return nil, eventra.Unavailable("the event", err)
		}
	}
}

// answered is what callers hear of a question that was not answered.
func answered(err error) error {
	switch {
	case cutOff(err):
		return eventra.Unavailable("this instance", err)
	case errors.Is(err, cluster.ErrTimeout), errors.Is(err, cluster.ErrUnsupported):
		return eventra.Unavailable("the event", err)
	}
	return err
}

// cutOff reports whether this instance can do nothing for anybody at the moment.
func cutOff(err error) bool {
	return errors.Is(err, cluster.ErrSuspended) || errors.Is(err, cluster.ErrIsolated)
}

func askLocal(incarnation *cluster.Incarnation, event eventra.ID, pid *actor.PID, msg any, timeout time.Duration) (*reply, error) {
	if c, ok := msg.(*command); ok {
		msg = &command{c.cmd, time.Now().Add(timeout)}
	}
	result, err := incarnation.Ask(pid, msg, timeout)
	if err != nil {
		if errors.Is(err, cluster.ErrMoved) {
			incarnation.Forget(event, pid) // it is dead
		}
		return nil, err
	}
	return result.(*reply), nil
}

// Wake makes sure that an event of this instance is loaded, so that its timer
// runs. Others look after theirs.
func (d *Directory) Wake(ctx context.Context, event eventra.ID) {
	d.send(ctx, event, &wake{})
}

// ExpireHold asks an event of this instance whether a hold is over. Every
// instance hears of every hold; those of others are theirs to ask about.
func (d *Directory) ExpireHold(ctx context.Context, event, booking eventra.ID) {
	d.send(ctx, event, &holdsDue{[]eventra.ID{booking}})
}

func (d *Directory) send(ctx context.Context, event eventra.ID, msg any) {
	incarnation := d.node.Incarnation()
	if incarnation == nil || !incarnation.Owns(event) {
		return
	}
	if pid, err := incarnation.Locate(ctx, event); err == nil && incarnation.Local(pid) {
		incarnation.Root().Send(pid, msg)
	}
}

// Owns reports whether an event is this instance's to look after.
func (d *Directory) Owns(event eventra.ID) bool {
	incarnation := d.node.Incarnation()
	return incarnation != nil && incarnation.Serving() && incarnation.Owns(event)
}

// wakeTimeout is for all members to agree who the next owner is, and for it to
// begin to load.
const wakeTimeout = time.Second

// wakeElsewhere has the next owner of an event load it at once, rather than
// when somebody asks for it.
func (d *Directory) wakeElsewhere(event eventra.ID) {
	ctx, cancel := context.WithTimeout(context.Background(), wakeTimeout)
	defer cancel()
	select {
	case d.wakes <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-d.wakes }()
	_, _ = retried(ctx, func(time.Duration) (*reply, error) { // if not now, then when somebody asks for it, or it has holds due
		_, _, err := d.locate(ctx, event)
		return &reply{}, err
	})
}

// Reload has the event's actor, if there is one, read it anew; it returns when
// that is done.
func (d *Directory) Reload(ctx context.Context, event eventra.ID) error {
	_, err := retried(ctx, func(timeout time.Duration) (*reply, error) {
		incarnation := d.node.Incarnation()
		if incarnation == nil {
			return nil, cluster.ErrMoved
		}
		if placement := incarnation.PlacementActor(event); placement != nil {
			return askRemote(incarnation, event, placement, encodeQuestion(event, &reload{}), timeout)
		}
		if pid := incarnation.Resident(event); pid != nil {
			return askLocal(incarnation, event, pid, &reload{}, timeout)
		}
		return &reply{}, nil
	})
	if eventra.CodeOf(err) == eventra.CodeEventNotFound {
		return nil // deleted: nothing left to be stale
	}
	return err
}

// doTo has a command on a booking carried out that the store has as live. If
// the event's actor knows of none such, it has fallen behind the store, which it
// would notice when it writes: it reads the event anew, and is asked again.
func (d *Directory) doTo(ctx context.Context, booking *eventra.Booking, cmd eventra.Command) (*reply, error) {
	r, err := d.do(ctx, booking.EventID, cmd)
	if !errors.Is(err, eventra.ErrNotLive) || !booking.Status.Live() {
		return r, err
	}
	stored, storeErr := d.deps.Store.Booking(ctx, booking.ID)
	if storeErr != nil || !stored.Status.Live() {
		return r, err
	}
	if reloadErr := d.Reload(ctx, booking.EventID); reloadErr != nil {
		return nil, reloadErr
	}
	return d.do(ctx, booking.EventID, cmd)
}

// do has a command carried out.
func (d *Directory) do(ctx context.Context, event eventra.ID, cmd eventra.Command) (*reply, error) {
	return d.ask(ctx, event, &command{cmd: cmd})
}
