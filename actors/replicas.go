package actors

import (
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/eventra/eventra"
)

const (
	// replicasMaxBytes bounds the replicas: about a hundred events of 10,000 seats.
	replicasMaxBytes = 128 << 20
	// replicaSeatBytes is about what one seat takes, its place in the layout included.
	replicaSeatBytes = 140
	// replicasMaxAge is how long a replica without readers is kept.
	replicasMaxAge = 10 * time.Minute
)

// replicas are the latest views of other members' events.
type replicas struct {
	views *otter.Cache[eventra.ID, *eventra.SeatsView]
}

func newReplicas(maxBytes uint64) replicas {
	return replicas{otter.Must(&otter.Options[eventra.ID, *eventra.SeatsView]{
		MaximumWeight:    maxBytes,
		Weigher:          func(_ eventra.ID, view *eventra.SeatsView) uint32 { return uint32(len(view.Status)) * replicaSeatBytes },
		ExpiryCalculator: otter.ExpiryAccessing[eventra.ID, *eventra.SeatsView](replicasMaxAge),
	})}
}

// close ends the cache's goroutine, which removes old replicas.
func (r replicas) close() { r.views.StopAllGoroutines() }

// get returns an event's view; nil if there is none.
func (r replicas) get(event eventra.ID) *eventra.SeatsView {
	view, _ := r.views.GetIfPresent(event)
	return view
}

// clear forgets all views.
func (r replicas) clear() { r.views.InvalidateAll() }

// put keeps the view that follows known, unless a newer one was put meanwhile, and returns
// the newer one. A store that has lost commits makes a view of a lower version follow.
func (r replicas) put(event eventra.ID, known, view *eventra.SeatsView) *eventra.SeatsView {
	newest := view
	r.views.Compute(event, func(kept *eventra.SeatsView, found bool) (*eventra.SeatsView, otter.ComputeOp) {
		if found && kept != known && len(kept.Status) == len(view.Status) && kept.Version > view.Version {
			newest = kept
			return nil, otter.CancelOp
		}
		return view, otter.WriteOp
	})
	return newest
}
