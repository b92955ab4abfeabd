package actors

import (
	"sync"

	"github.com/eventra/eventra"
)

const (
	// runwaysMax is how many transactions of this instance are under way at a
	// time. Flights that come while all are taken leave together: a thousand
	// lukewarm events need few transactions. More than a few only make smaller
	// formations.
	runwaysMax = 4
	// formationChangesMax bounds what one transaction takes from several events.
	formationChangesMax = batchChangesMax
)

// runways let flights leave, few at a time, in the order in which they came:
// group commit over all events of an instance.
type runways struct {
	*Dependencies
	world surroundings

	mu      sync.Mutex
	taken   int
	waiting []*flight

	owed     debts
	settling bool // somebody is telling Redis
}

// leave sends a flight on its way, at once or as soon as a runway is free.
func (r *runways) leave(f *flight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken == runwaysMax {
		r.waiting = append(r.waiting, f)
		return
	}
	r.taken++
	r.world.run(func() { r.serve(formation{f}) })
}

// serve keeps a runway as long as flights wait.
func (r *runways) serve(next formation) {
	for next != nil {
		next.fly(r)
		next = r.next()
	}
}

// next forms up those who wait; nil gives the runway back. Two flights of one
// event do not go together, for a formation's events are different ones.
func (r *runways) next() formation {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		r.taken--
		return nil
	}
	together, changes := formation{}, 0
	events := map[eventra.ID]bool{}
	left := r.waiting[:0]
	for i, f := range r.waiting {
		if len(together) > 0 && changes+f.len() > formationChangesMax {
			left = append(left, r.waiting[i:]...)
			break
		}
		if events[f.batch.EventID] {
			left = append(left, f)
			continue
		}
		events[f.batch.EventID] = true
		together, changes = append(together, f), changes+f.len()
	}
	clear(r.waiting[len(left):])
	r.waiting = left
	return together
}
