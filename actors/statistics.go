package actors

import (
	"sync/atomic"

	"github.com/eventra/eventra"
)

// statistics describes an activation to other goroutines while it works.
type statistics struct {
	event                           eventra.ID
	state                           atomic.Pointer[eventra.ActivationState]
	epoch, seats                    atomic.Int64
	free, held, booked              atomic.Int64
	queued, batches, batchedChanges atomic.Int64
}

func (s *statistics) committed(changes int) {
	s.batches.Add(1)
	s.batchedChanges.Add(int64(changes))
}

// count notes what is sold, held and free.
func (s *statistics) count(seats *eventra.SeatMap) {
	free, held, booked := seats.Tickets()
	s.free.Store(int64(free))
	s.held.Store(int64(held))
	s.booked.Store(int64(booked))
}

func (s *statistics) describe() eventra.ActiveEvent {
	d := eventra.ActiveEvent{EventID: s.event, State: eventra.ActivationLoading, Epoch: s.epoch.Load(), Seats: int(s.seats.Load()),
		Queued: int(s.queued.Load()), Batches: s.batches.Load(), Changes: s.batchedChanges.Load(),
		Free: int(s.free.Load()), Held: int(s.held.Load()), Booked: int(s.booked.Load())}
	if state := s.state.Load(); state != nil {
		d.State = *state
	}
	return d
}
