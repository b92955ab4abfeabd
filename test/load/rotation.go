package load

import (
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

// Slot is one of the events that a Rotation keeps on sale. Short lifetimes keep
// histories short.
type Slot struct {
	House    client.House
	Terms    client.Terms
	Lifetime time.Duration // after which another event takes its place
	Share    float64       // of all requests
	// Acts are what an organiser does to the events. Cancelling comes late in their lives.
	Acts []client.Kind
}

// Event is an event that is or was on sale.
type Event struct {
	*client.Sale
	opened time.Time
}

// Rotation keeps one event on sale in each slot.
type Rotation struct {
	Slots []Slot
	Open  func(Slot) (*client.Sale, error)

	generator
	mu      sync.Mutex
	current []*Event // by slot
	all     []*Event
}

// Start opens the first event of each slot, and replaces them until Stop.
func (r *Rotation) Start() error {
	r.begin()
	r.current = make([]*Event, len(r.Slots))
	for slot := range r.Slots {
		if err := r.replace(slot); err != nil {
			return err
		}
	}
	for slot := range r.Slots {
		r.wg.Go(func() { r.rotate(slot) })
	}
	return nil
}

// rotate replaces the event of a slot again and again. If that fails, the current
// event stays until the next try.
func (r *Rotation) rotate(slot int) {
	const retryPause = 500 * time.Millisecond
	pause := r.Slots[slot].Lifetime
	for wait.Sleep(r.ctx, pause) == nil {
		if pause = r.Slots[slot].Lifetime; r.replace(slot) != nil {
			pause = retryPause
		}
	}
}

func (r *Rotation) replace(slot int) error {
	sale, err := r.Open(r.Slots[slot])
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current[slot] = &Event{sale, time.Now()}
	r.all = append(r.all, r.current[slot])
	return nil
}

// Pick chooses an event on sale by the slots' shares; x is uniform in [0, 1).
func (r *Rotation) Pick(x float64) *Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := range r.Slots {
		if x -= r.Slots[n].Share; x < 0 {
			return r.current[n]
		}
	}
	return r.current[len(r.current)-1]
}

// at returns the event on sale in a slot.
func (r *Rotation) at(slot int) *Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current[slot]
}

// Events returns all events that were ever on sale.
func (r *Rotation) Events() []*Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*Event(nil), r.all...)
}
