package actors

import (
	"sync"

	"github.com/eventra/eventra"
)

// whereaboutsMax is how many bookings each of the two generations holds, in
// some 6 MB: those of the last minutes of a large sale, who are about to pay.
const whereaboutsMax = 65_536

// whereabouts remember of which events bookings are, so that who has just held
// seats here pays for them without a look into the store. A booking never
// changes its event, so what is remembered is never wrong; what is not, the store
// knows. When the young generation is full it becomes the old one, which is
// forgotten.
type whereabouts struct {
	mu         sync.Mutex
	young, old map[eventra.ID]eventra.ID
}

func (w *whereabouts) note(booking, event eventra.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.young == nil:
		w.young, w.old = map[eventra.ID]eventra.ID{}, map[eventra.ID]eventra.ID{}
	case len(w.young) >= whereaboutsMax:
		w.young, w.old = w.old, w.young
		clear(w.young) // and keeps its memory
	}
	w.young[booking] = event
}

// of returns a booking's event, if it is remembered.
func (w *whereabouts) of(booking eventra.ID) (event eventra.ID, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if event, known = w.young[booking]; !known {
		event, known = w.old[booking]
	}
	return event, known
}
