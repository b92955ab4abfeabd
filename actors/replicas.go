package actors

import (
	"sync"
	"time"

	"github.com/eventra/eventra"
)

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
