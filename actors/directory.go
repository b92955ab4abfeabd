package actors

import (
	"context"
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/groupcommit"
)

// Directory finds the actor of an event, in this process or at another member,
// and asks it. Its callers do not notice activations that end or move meanwhile.
type Directory struct {
	store    EventStore
	node     *cluster.Node
	bookings bookingEvents
	replicas replicas
	copies   copies
	mailers  mailers
	tracer   trace.Tracer  // nil: nothing is traced
	wakes    chan struct{} // bounds the events whose next owner is woken
}

// NewDirectory makes a directory that finds nothing before [Directory.Join]. It sets
// config.Started and config.Activate.
func NewDirectory(deps *Dependencies, config cluster.Config) (*Directory, error) {
	d := &Directory{store: deps.Store, tracer: deps.Tracer, replicas: newReplicas(replicasMaxBytes),
		mailers: mailers{config: deps.Mailer, log: deps.Log}, wakes: make(chan struct{}, wakesMax)}
	s := newShared(deps, groupcommit.GoRuntime{}, d.mailers.nudge)
	config.Started = func(incarnation *cluster.Incarnation) { d.mailers.start(incarnation.Root()) }
	config.Activate = func(incarnation *cluster.Incarnation, event eventra.ID) cluster.Activation {
		stats := &statistics{event: event}
		return cluster.Activation{Describe: stats.describe, Props: actor.PropsFromProducer(func() actor.Actor {
			return newEventActor(s, incarnation, stats, d.wakeNextOwner)
		})}
	}
	var err error
	if d.node, err = cluster.New(config); err != nil {
		d.replicas.close()
		return nil, err
	}
	return d, nil
}

// Join joins the cluster, or begins to serve alone. It is called until it succeeds,
// and then no more.
func (d *Directory) Join(ctx context.Context) error { return d.node.Join(ctx) }

// Node returns this instance's place in the cluster.
func (d *Directory) Node() *cluster.Node { return d.node }

// Ready returns why requests should not be sent to this instance; nil if they should.
func (d *Directory) Ready(ctx context.Context) error { return d.node.Ready(ctx) }

// Describe returns all members and their active events.
func (d *Directory) Describe(context.Context) (*eventra.Cluster, error) { return d.node.Describe() }

// Close hands all events over, or stops them if there is no other member. Batches
// in flight complete, and waiting callers are redirected. Then the mailer stops;
// an error means that it still sends mails.
func (d *Directory) Close(ctx context.Context) error {
	d.node.Close(ctx)
	d.replicas.close()
	return d.mailers.stop(ctx)
}

// ReplicaBytes returns about how many bytes the copies of other members' events take.
func (d *Directory) ReplicaBytes() uint64 { return d.replicas.views.WeightedSize() }

// do lets the event carry out a command.
func (d *Directory) do(ctx context.Context, event eventra.ID, cmd eventra.Command) (*reply, error) {
	r, err := d.ask(ctx, event, cmd)
	if err == nil && r.booking != nil && r.booking.Reference.IsZero() {
		r.booking = d.withReference(ctx, r.booking)
	}
	return r, err
}

// withReference reads the reference of a booking whose owner does not know it: a member of the
// release before, or one that read the booking before it had any. Without it, the answer is no less
// true.
func (d *Directory) withReference(ctx context.Context, b *eventra.Booking) *eventra.Booking {
	stored, err := d.store.Booking(ctx, b.ID)
	if err != nil {
		return b
	}
	named := *b
	named.Reference = stored.Reference
	return &named
}

// doLive lets the event carry out a command on a booking that is live in the
// store. An event's actor that does not know the booking has fallen behind the
// store and would notice at its next commit: it reloads and is asked again.
func (d *Directory) doLive(ctx context.Context, booking *eventra.Booking, cmd eventra.Command) (*reply, error) {
	r, err := d.do(ctx, booking.EventID, cmd)
	if !errors.Is(err, eventra.ErrNotLive) || !booking.Status.Live() {
		return r, err
	}
	stored, storeErr := d.store.Booking(ctx, booking.ID)
	if storeErr != nil || !stored.Status.Live() {
		return r, err
	}
	if reloadErr := d.Reload(ctx, booking.EventID); reloadErr != nil {
		return nil, reloadErr
	}
	return d.do(ctx, booking.EventID, cmd)
}

// Reload makes the event's actor, if there is one, read the event again. It
// returns when that is done.
func (d *Directory) Reload(ctx context.Context, event eventra.ID) error {
	_, err := askUntilAnswered(ctx, func(timeout time.Duration) (*reply, error) {
		incarnation := d.node.Incarnation()
		if incarnation == nil {
			return nil, cluster.ErrMoved
		}
		if pid := incarnation.PlacementActor(event); pid != nil {
			return askRemote(incarnation, event, pid, &reload{}, timeout, nil)
		}
		if pid := incarnation.Resident(event); pid != nil {
			return askLocal(incarnation, event, pid, &reload{}, timeout, nil)
		}
		return &reply{}, nil
	})
	if eventra.CodeOf(err) == eventra.CodeEventNotFound {
		return nil // deleted: nothing is left to be outdated
	}
	return err
}
