package actors

import (
	"sync"

	"github.com/eventra/eventra"
)

// bookingEventsMax is how many bookings each of the two generations holds, in
// some 6 MB: those of the last minutes of a large sale, who are about to pay.
const bookingEventsMax = 65_536

// bookingEvents remember of which events bookings are, so that who has just held
// seats here pays for them without a look into the store. A booking never
// changes its event, so what is remembered is never wrong; what is not, the store
// knows. When the young generation is full it becomes the old one, which is
// forgotten.
type bookingEvents struct {
	mu         sync.Mutex
	young, old map[eventra.ID]eventra.ID
}

func (b *bookingEvents) remember(booking, event eventra.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.young == nil:
		b.young, b.old = map[eventra.ID]eventra.ID{}, map[eventra.ID]eventra.ID{}
	case len(b.young) >= bookingEventsMax:
		b.young, b.old = b.old, b.young
		clear(b.young) // and keeps its memory
	}
	b.young[booking] = event
}

// of returns a booking's event, if it is remembered.
func (b *bookingEvents) eventOf(booking eventra.ID) (event eventra.ID, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if event, known = b.young[booking]; !known {
		event, known = b.old[booking]
	}
	return event, known
}
