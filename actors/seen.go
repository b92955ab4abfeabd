package actors

import (
	"sync/atomic"

	"github.com/eventra/eventra"
)

// seen is what others may see of an activation while it works.
type seen struct {
	event                           eventra.ID
	state                           atomic.Pointer[eventra.ActivationState]
	epoch, seats                    atomic.Int64
	queued, batches, batchedChanges atomic.Int64
}

var activationStates = [...]eventra.ActivationState{
	loading: eventra.ActivationLoading, active: eventra.ActivationActive, down: eventra.ActivationDown,
	moving: eventra.ActivationMoving, over: eventra.ActivationMoving,
}

// note is called by the activation when it has worked.
func (s *seen) note(a *activation) {
	s.state.Store(&activationStates[a.phase])
	s.queued.Store(int64(a.queued()))
	s.epoch.Store(a.epoch)
	if a.seats != nil {
		s.seats.Store(int64(a.seats.Len()))
	}
}

func (s *seen) committed(changes int) {
	s.batches.Add(1)
	s.batchedChanges.Add(int64(changes))
}

func (s *seen) describe() eventra.ActiveEvent {
	d := eventra.ActiveEvent{EventID: s.event, State: eventra.ActivationLoading, Epoch: s.epoch.Load(), Seats: int(s.seats.Load()),
		Queued: int(s.queued.Load()), Batches: s.batches.Load(), Changes: s.batchedChanges.Load()}
	if state := s.state.Load(); state != nil {
		d.State = *state
	}
	return d
}
