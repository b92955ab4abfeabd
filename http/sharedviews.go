package http

import (
	"context"
	"sync"
	"time"

	"github.com/eventra/eventra"
)

// viewCollects is how long readers of an event's seats wait for each other while a sale
// needs the CPUs.
const viewCollects = 25 * time.Millisecond

// sharedViews reads the seats of events. While a sale needs the CPUs, one read is for all who
// ask within viewCollects: each new version costs the event a copy of its map. It never
// begins before its readers have asked, so each of them sees what it has written.
type sharedViews struct {
	maps    SeatMaps
	pace    *readerPace
	mu      sync.Mutex
	waiting map[eventra.ID]*viewReading
}

// viewReading is a read that has not begun, or its result.
type viewReading struct {
	done chan struct{}
	*seatsRead
}

// seatsRead is what a read of seats gave.
type seatsRead struct {
	view  *eventra.SeatsView
	stale bool
	err   error
	asked time.Time // before the view was read
}

func newSharedViews(maps SeatMaps, pace *readerPace) *sharedViews {
	return &sharedViews{maps: maps, pace: pace, waiting: map[eventra.ID]*viewReading{}}
}

// read returns an event's seats.
func (v *sharedViews) read(ctx context.Context, event eventra.ID) *seatsRead {
	if !v.pace.applies() {
		return v.readNow(ctx, event)
	}
	r := v.join(event)
	select {
	case <-r.done:
		return r.seatsRead
	case <-ctx.Done():
		return &seatsRead{err: eventra.Unavailable("the event", ctx.Err())}
	}
}

func (v *sharedViews) readNow(ctx context.Context, event eventra.ID) *seatsRead {
	r := &seatsRead{asked: time.Now()}
	r.view, r.stale, r.err = v.maps.Seats(ctx, event)
	return r
}

// join adds a reader to the read of an event that has not begun.
func (v *sharedViews) join(event eventra.ID) *viewReading {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.waiting[event]
	if r == nil {
		r = &viewReading{done: make(chan struct{})}
		v.waiting[event] = r
		time.AfterFunc(viewCollects, func() { v.run(event, r) })
	}
	return r
}

func (v *sharedViews) run(event eventra.ID, r *viewReading) {
	v.mu.Lock()
	delete(v.waiting, event)
	v.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), viewTimeout)
	defer cancel()
	r.seatsRead = v.readNow(ctx, event)
	close(r.done)
}
