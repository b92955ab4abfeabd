package actors

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// Seats returns all seats of an event. If another member has them, only what
// has changed since the last time comes over the network. A suspended or
// isolated instance shows what it knew last, and says so: last.
func (d *Directory) Seats(ctx context.Context, event eventra.ID) (view *eventra.SeatsView, last bool, err error) {
	known := d.replicas.get(event)
	question := &readSeats{}
	if known != nil {
		question.since, question.seats = known.Version, len(known.Status)
	}
	r, err := d.ask(ctx, event, question)
	switch {
	case cutOff(err):
		if view := d.last(event).seats; view != nil {
			return view, true, nil
		}
		if known != nil {
			return known, true, nil
		}
		return nil, false, err
	case err != nil:
		return nil, false, err
	case r.changes == nil:
		if known != nil && known != r.seats { // it has become the owner: what it knew of another's is not the last any more
			d.replicas.put(event, r.seats)
		}
		return r.seats, false, nil
	}
	view, err = d.replicate(ctx, event, known, r.changes)
	return view, false, err
}

// Availability returns an event's counters, as [Directory.Seats] does.
func (d *Directory) Availability(ctx context.Context, event eventra.ID) (counts *eventra.Availability, last bool, err error) {
	r, err := d.ask(ctx, event, &readAvailability{})
	if cutOff(err) {
		if counts := d.last(event).availability; counts != nil {
			return counts, true, nil
		}
	}
	if err != nil {
		return nil, false, err
	}
	return r.availability, false, nil
}

// lastTimeout is for an answer from memory.
const lastTimeout = time.Second

// last asks for what is in this process's memory, if it is.
func (d *Directory) last(event eventra.ID) *reply {
	incarnation := d.node.Incarnation()
	if incarnation == nil {
		return &reply{}
	}
	pid := incarnation.Resident(event)
	if pid == nil {
		return &reply{}
	}
	r, err := askLocal(incarnation, event, pid, &readLast{}, lastTimeout)
	if err != nil {
		return &reply{}
	}
	return r
}

// replicate brings the last view of another member's event up to date.
func (d *Directory) replicate(ctx context.Context, event eventra.ID, known *eventra.SeatsView, changes *wire.SeatChanges) (*eventra.SeatsView, error) {
	total := int(changes.GetTotal())
	if known != nil && len(known.Status) == total && changes.GetVersion() == known.Version && !changes.GetAll() {
		return known, nil
	}
	if known == nil || len(known.Status) != total {
		seats, err := d.deps.Store.Layout(ctx, event)
		if err != nil {
			return nil, err
		}
		if len(seats) < total {
			return nil, eventra.Unavailable("the event", errors.New("more seats than are stored"))
		}
		known = &eventra.SeatsView{EventID: event, Layout: eventra.NewLayout(seats[:total]),
			Status: make([]eventra.SeatStatus, total), Changed: make([]uint64, total)}
	}
	view, err := changes.Apply(known)
	if err != nil {
		return nil, eventra.Unavailable("the event", err)
	}
	return d.replicas.put(event, view), nil
}

// replicasMax bounds the other members' events of which the last view is kept.
const replicasMax = 256

// replicas are the last views of other members' events.
type replicas struct {
	mu    sync.Mutex
	views map[eventra.ID]*replica
}

type replica struct {
	view *eventra.SeatsView
	used time.Time
}

func (r *replicas) get(event eventra.ID) *eventra.SeatsView {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.views[event]
	if known == nil {
		return nil
	}
	known.used = time.Now()
	return known.view
}

// put keeps a view unless a newer one has come meanwhile, and returns the
// newer one. The one that was not used for longest makes room.
func (r *replicas) put(event eventra.ID, view *eventra.SeatsView) *eventra.SeatsView {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.views == nil {
		r.views = map[eventra.ID]*replica{}
	}
	if known := r.views[event]; known != nil && len(known.view.Status) == len(view.Status) && known.view.Version > view.Version {
		return known.view
	}
	r.views[event] = &replica{view, time.Now()}
	for len(r.views) > replicasMax {
		var oldest eventra.ID
		for id, known := range r.views {
			if oldest.IsZero() || known.used.Before(r.views[oldest].used) {
				oldest = id
			}
		}
		delete(r.views, oldest)
	}
	return view
}
