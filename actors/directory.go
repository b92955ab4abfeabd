package actors

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/eventra/eventra"
)

// Directory finds the actor of an event, starting it where there is none, and
// asks it. It hides activations that end meanwhile.
type Directory struct {
	deps *Dependencies
	root *actor.RootContext

	mu     sync.Mutex
	events map[eventra.ID]*actor.PID
	closed bool
}

// NewDirectory makes a directory of the actors in one system.
func NewDirectory(system *actor.ActorSystem, deps *Dependencies) *Directory {
	return &Directory{deps: deps, root: system.Root, events: map[eventra.ID]*actor.PID{}}
}

// askPause parts attempts at an event that is moving or being loaded.
const askPause = 2 * time.Millisecond

// ask sends a message until an activation answers it or ctx ends.
func (d *Directory) ask(ctx context.Context, event eventra.ID, msg func(deadline time.Time) any) (*reply, error) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		panic("asked an event without a deadline")
	}
	for pause := askPause; ; pause = min(2*pause, 100*time.Millisecond) {
		r, err := d.askOnce(event, msg(deadline), time.Until(deadline))
		switch {
		case err != nil:
			return nil, err
		case errors.Is(r.err, errMoved), errors.Is(r.err, errLoading):
		default:
			return r, r.err
		}
		select {
		case <-ctx.Done():
			return nil, eventra.Unavailable("the event", ctx.Err())
		case <-time.After(pause):
		}
	}
}

// askOnce reports errMoved in the reply if the activation is over.
func (d *Directory) askOnce(event eventra.ID, msg any, timeout time.Duration) (*reply, error) {
	pid := d.find(event)
	if pid == nil {
		return nil, eventra.Unavailable("this instance", errors.New("stopping"))
	}
	if timeout <= 0 {
		return nil, eventra.Unavailable("the event", context.DeadlineExceeded)
	}
	result, err := d.root.RequestFuture(pid, msg, timeout).Result()
	switch {
	case errors.Is(err, actor.ErrDeadLetter):
		d.forget(event, pid)
		return &reply{err: errMoved}, nil
	case err != nil:
		return nil, eventra.Unavailable("the event", err)
	}
	return result.(*reply), nil
}

// find returns the event's actor, or nil once the directory is closed.
func (d *Directory) find(event eventra.ID) *actor.PID {
	d.mu.Lock()
	defer d.mu.Unlock()
	if pid := d.events[event]; pid != nil || d.closed {
		return pid
	}
	pid := d.spawn(event)
	d.events[event] = pid
	return pid
}

func (d *Directory) spawn(event eventra.ID) *actor.PID {
	forget := func(self *actor.PID) { d.forget(event, self) }
	return d.root.Spawn(actor.PropsFromProducer(func() actor.Actor {
		return newEventActor(d.deps, event, d.root, forget)
	}))
}

func (d *Directory) forget(event eventra.ID, pid *actor.PID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.events[event].Equal(pid) {
		delete(d.events, event)
	}
}

// Wake makes sure that an event is loaded, so that its timer runs.
func (d *Directory) Wake(event eventra.ID) {
	if pid := d.find(event); pid != nil {
		d.root.Send(pid, &wake{})
	}
}

// ExpireHold asks an event whether a hold is over.
func (d *Directory) ExpireHold(event, booking eventra.ID) {
	if pid := d.find(event); pid != nil {
		d.root.Send(pid, &holdsDue{[]eventra.ID{booking}})
	}
}

// Reload has the event's actor, if there is one, read it anew; it returns when
// that is done.
func (d *Directory) Reload(ctx context.Context, event eventra.ID) error {
	d.mu.Lock()
	pid := d.events[event]
	d.mu.Unlock()
	if pid == nil {
		return nil
	}
	_, err := d.ask(ctx, event, func(time.Time) any { return &reload{} })
	if eventra.CodeOf(err) == eventra.CodeEventNotFound {
		return nil // deleted: nothing left to be stale
	}
	return err
}

// Seats returns all seats of an event.
func (d *Directory) Seats(ctx context.Context, event eventra.ID) (*eventra.SeatsView, error) {
	r, err := d.ask(ctx, event, func(time.Time) any { return &readSeats{} })
	if err != nil {
		return nil, err
	}
	return r.seats, nil
}

// Availability returns an event's counters.
func (d *Directory) Availability(ctx context.Context, event eventra.ID) (*eventra.Availability, error) {
	r, err := d.ask(ctx, event, func(time.Time) any { return &readAvailability{} })
	if err != nil {
		return nil, err
	}
	return r.availability, nil
}

// do has a command carried out.
func (d *Directory) do(ctx context.Context, event eventra.ID, cmd eventra.Command) (*reply, error) {
	return d.ask(ctx, event, func(deadline time.Time) any { return &command{cmd, deadline} })
}

// Close stops all events: flights land, who waits is told.
func (d *Directory) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	var stopping []actor.Future
	for _, pid := range d.events {
		stopping = append(stopping, d.root.StopFuture(pid))
	}
	d.mu.Unlock()
	var errs []error
	for _, future := range stopping {
		done := make(chan error, 1)
		go func() { done <- future.Wait() }()
		select {
		case err := <-done:
			errs = append(errs, err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errors.Join(errs...)
}
