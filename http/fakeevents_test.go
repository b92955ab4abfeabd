package http

import (
	"context"
	"slices"
	"time"

	"github.com/eventra/eventra"
)

func (f *fakes) Event(_ context.Context, id eventra.ID) (*eventra.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.events[id]; e != nil {
		return e, f.err
	}
	return nil, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
}

func (f *fakes) Events(_ context.Context, filter eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []*eventra.Event
	for _, e := range f.events {
		after := p.Cursor == nil || e.ID.Compare(p.Cursor.ID) > 0
		if after && (filter.WithDrafts || e.Status == eventra.EventPublished) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *eventra.Event) int { return a.ID.Compare(b.ID) })
	if len(found) <= p.Limit {
		return found, nil, f.err
	}
	last := found[p.Limit-1]
	return found[:p.Limit], &eventra.Cursor{Time: last.StartsAt, ID: last.ID}, f.err
}

func (f *fakes) Create(ctx context.Context, e *eventra.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.actor = eventra.ActorOf(ctx)
	e.Status, e.Version = eventra.EventDraft, 1
	f.events[e.ID] = e
	return f.err
}

func (f *fakes) put(e *eventra.Event) (*eventra.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events[e.ID] = e
	return e, f.err
}

func (f *fakes) Update(_ context.Context, id eventra.ID, ifVersion int64, change func(*eventra.Event) error) (*eventra.Event, error) {
	e, err := f.Event(context.Background(), id)
	if err != nil {
		return nil, err
	}
	if ifVersion != 0 && ifVersion != e.Version {
		return nil, eventra.Errorf(eventra.CodePreconditionFailed, "stale")
	}
	changed := *e
	if err := change(&changed); err != nil {
		return nil, err
	}
	changed.Version++
	return f.put(&changed)
}

func (f *fakes) Publish(_ context.Context, id eventra.ID) (*eventra.Event, error) {
	return f.transition(id, eventra.EventPublished, nil)
}

func (f *fakes) PublishAgain(ctx context.Context, id eventra.ID) (*eventra.Event, error) {
	if e, err := f.Event(ctx, id); err != nil || e.HasBeen(eventra.EventPublished) {
		return e, err
	}
	return f.Publish(ctx, id)
}

func (f *fakes) Cancel(_ context.Context, id eventra.ID, reason string) (*eventra.Event, error) {
	order := &eventra.CancelOrder{At: time.Now(), Reason: reason}
	var faults eventra.Faults
	if order.Validate(&faults); faults != nil {
		return nil, faults.Err()
	}
	return f.transition(id, eventra.EventCancelled, order)
}

func (f *fakes) CancelAgain(ctx context.Context, id eventra.ID, reason string) (*eventra.Event, error) {
	if e, err := f.Event(ctx, id); err != nil || e.HasBeen(eventra.EventCancelled) {
		return e, err
	}
	return f.Cancel(ctx, id, reason)
}

func (f *fakes) Reschedule(
	ctx context.Context, id eventra.ID, r eventra.Rescheduling, move func(*eventra.Event) error,
) (*eventra.Event, error) {
	old, err := f.Event(ctx, id)
	if err != nil || old.Rescheduling != nil && old.Rescheduling.ID == r.ID {
		return old, err
	}
	moved := *old
	if err := move(&moved); err != nil {
		return nil, err
	}
	if err := moved.Reschedule(old, r); err != nil {
		return nil, err
	}
	moved.Version++
	return f.put(&moved)
}

func (f *fakes) transition(id eventra.ID, to eventra.EventStatus, order *eventra.CancelOrder) (*eventra.Event, error) {
	e, err := f.Event(context.Background(), id)
	if err != nil {
		return nil, err
	}
	if !e.Status.CanBecome(to) {
		return nil, eventra.Errorf(eventra.CodeInvalidTransition, "%s cannot become %s", e.Status, to)
	}
	changed := *e
	changed.Become(to)
	changed.Cancellation = order
	changed.Version++
	return f.put(&changed)
}

// Cancellation returns one that has refunded half of its bookings.
func (f *fakes) Cancellation(ctx context.Context, id eventra.ID) (*eventra.Cancellation, error) {
	e, err := f.Event(ctx, id)
	if err != nil || e.Cancellation == nil {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no cancellation of that event was started")
	}
	return &eventra.Cancellation{EventID: id, StartedAt: e.Cancellation.At, Bookings: 4, Refunded: 2, Failed: 1, Mailed: 3}, f.err
}

func (f *fakes) Delete(_ context.Context, id eventra.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	delete(f.events, id)
	return f.err
}

func (f *fakes) AddSeats(_ context.Context, id, _ eventra.ID, seats []eventra.Seat, _ ...string) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return 0, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	f.seats[id] = append(f.seats[id], seats...)
	return len(f.seats[id]), f.err
}

func (f *fakes) PutPricing(_ context.Context, id eventra.ID, ifVersion int64, p *eventra.Pricing) (*eventra.Pricing, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch before := f.pricings[id]; {
	case f.events[id] == nil:
		return nil, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	case ifVersion != 0 && (before == nil || before.Version != ifVersion):
		return nil, eventra.Errorf(eventra.CodePreconditionFailed, "the pricing has changed")
	}
	stored := *p
	stored.Version = 2
	f.pricings[id] = &stored
	return &stored, f.err
}

func (f *fakes) RemoveSeats(_ context.Context, id, _ eventra.ID, seats []string) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return 0, eventra.NoSuchEvent()
	}
	return max(len(f.seats[id])-len(seats), 0), f.err
}

func (f *fakes) SetCategory(context.Context, eventra.ID, eventra.SeatSelection, string) (eventra.SeatsChanged, error) {
	return eventra.SeatsChanged{Changed: 1, Version: 8}, f.err
}

func (f *fakes) AddFloors(ctx context.Context, id, addition eventra.ID, seats []eventra.Seat, categories []string, _ []eventra.Floor) (int, error) {
	return f.AddSeats(ctx, id, addition, seats, categories...)
}

func (f *fakes) ChangeFloor(_ context.Context, id eventra.ID, name string, capacity, blocked *int) (eventra.StoredFloor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return eventra.StoredFloor{}, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	floor := eventra.StoredFloor{Floor: eventra.Floor{Name: name, Capacity: 100}}
	if capacity != nil {
		floor.Capacity = *capacity
	}
	if blocked != nil {
		floor.Blocked = *blocked
	}
	return floor, f.err
}

func (f *fakes) Seats(_ context.Context, id eventra.ID) (*eventra.SeatsView, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if view := f.views[id]; view != nil {
		return view, f.cutOff, f.err
	}
	seats := f.seats[id]
	return &eventra.SeatsView{EventID: id, Version: 7, Layout: eventra.NewPricedLayout(seats, nil, f.pricings[id]),
		Status: make([]eventra.SeatStatus, len(seats)), Changed: make([]uint64, len(seats))}, f.cutOff, f.err
}

func (f *fakes) Availability(_ context.Context, id eventra.ID) (*eventra.Availability, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.seats[id])
	return &eventra.Availability{EventID: id, Version: 7, Total: eventra.SectionTally{Total: n, Available: n}}, f.cutOff, f.err
}
