package actors

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// Seats returns all seats of an event. From another member, only what has
// changed since the last time comes over the network. A suspended or isolated
// instance shows the seats as last known, which are stale; so are those of an owner
// that could not read a change by an administrator yet.
func (d *Directory) Seats(ctx context.Context, event eventra.ID) (view *eventra.SeatsView, stale bool, err error) {
	known := d.replicas.get(event)
	if incarnation := d.node.Incarnation(); known == nil && incarnation != nil && !incarnation.Owns(event) {
		d.copies.make(ctx, event, d.copySeats)
		known = d.replicas.get(event)
	}
	return d.seatsSince(ctx, event, known)
}

// copySeats makes the replica of another member's event.
func (d *Directory) copySeats(ctx context.Context, event eventra.ID) error {
	_, _, err := d.seatsSince(ctx, event, nil)
	return err
}

// seatsSince asks for the changes of what is known.
func (d *Directory) seatsSince(ctx context.Context, event eventra.ID, known *eventra.SeatsView) (view *eventra.SeatsView, stale bool, err error) {
	question := &readSeats{}
	if known != nil {
		question.since, question.seats = known.Version, len(known.Status)
	}
	r, err := d.ask(ctx, event, question)
	switch {
	case cutOff(err):
		if view := d.lastKnown(event).seats; view != nil {
			return view, true, nil
		}
		if known != nil {
			return known, true, nil
		}
		return nil, false, err
	case err != nil:
		return nil, false, err
	case r.changes == nil:
		if known != nil && known != r.seats { // this instance has become the owner: the replica is outdated
			d.replicas.put(event, known, r.seats)
		}
		return r.seats, r.stale, nil
	}
	view, err = d.replicate(ctx, event, known, r.changes)
	return view, r.stale, err
}

// Availability returns an event's counters, as [Directory.Seats] does.
func (d *Directory) Availability(ctx context.Context, event eventra.ID) (counts *eventra.Availability, stale bool, err error) {
	r, err := d.ask(ctx, event, &readAvailability{})
	if cutOff(err) {
		if counts := d.lastKnown(event).availability; counts != nil {
			return counts, true, nil
		}
	}
	if err != nil {
		return nil, false, err
	}
	return r.availability, r.stale, nil
}

// lastKnownTimeout bounds an answer from memory.
const lastKnownTimeout = time.Second

// lastKnown asks the event's actor in this process, if there is one, even if the
// event belongs to another member.
func (d *Directory) lastKnown(event eventra.ID) *reply {
	incarnation := d.node.Incarnation()
	if incarnation == nil {
		return &reply{}
	}
	pid := incarnation.Resident(event)
	if pid == nil {
		return &reply{}
	}
	r, err := askLocal(incarnation, event, pid, &readLastKnown{}, lastKnownTimeout, nil)
	if err != nil {
		return &reply{}
	}
	return r
}

// replicate applies changes to the replica of another member's event.
func (d *Directory) replicate(ctx context.Context, event eventra.ID, known *eventra.SeatsView, changes *wire.SeatChanges) (*eventra.SeatsView, error) {
	total := int(changes.GetTotal())
	arranged := known != nil && len(known.Status) == total && known.LayoutVersion == changes.GetLayoutVersion()
	if arranged && changes.GetVersion() == known.Version && !changes.GetAll() {
		return known, nil
	}
	before := known
	if !arranged {
		layout, err := d.copies.layout(ctx, d.store, event, total, changes.GetLayoutVersion())
		if err != nil {
			return nil, err
		}
		if known == nil || len(known.Status) != total {
			known = &eventra.SeatsView{Status: make([]eventra.SeatStatus, total), Changed: make([]uint64, total)}
		}
		known = &eventra.SeatsView{EventID: event, Layout: layout, Status: known.Status, Changed: known.Changed}
	}
	view, err := changes.Apply(known)
	if err != nil {
		return nil, eventra.Unavailable("the event", err)
	}
	return d.replicas.put(event, before, view), nil
}
