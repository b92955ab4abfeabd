package actors

import (
	"sync"

	"github.com/eventra/eventra"
)

// bookingEventsMax bounds the bookings in each of the two generations of the
// cache: together they are some 10 MB and the buyers of a large sale's last minutes.
const bookingEventsMax = 65_536

// bookingEvents caches the events of recent bookings, so that a payment finds the
// event of a hold that was made here without a read of the store. A booking never
// changes its event, so an entry is never wrong, and the store knows the others.
//
// Entries are written once a hold and mostly read once, soon. Two generations fit
// that: when the young one is full it becomes the old one, which is forgotten. A
// general cache does not: decision 11 has the figures.
type bookingEvents struct {
	mu         sync.Mutex
	young, old map[eventra.ID]eventra.ID
}

func (b *bookingEvents) put(booking, event eventra.ID) {
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

// get returns a booking's event, if it is known.
func (b *bookingEvents) get(booking eventra.ID) (event eventra.ID, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if event, known = b.young[booking]; !known {
		event, known = b.old[booking]
	}
	return event, known
}
