package http

import (
	"context"
	"sync"
	"time"

	"github.com/eventra/eventra"
)

// seatStream is one watched event. All of its watchers share the view and its encodings.
type seatStream struct {
	id       eventra.ID
	watchers int // guarded by seatStreams.mu
	turns    *encodingTurns
	ended    <-chan struct{}
	end      context.CancelFunc

	mu     sync.Mutex
	view   *eventra.SeatsView
	sale   eventra.SaleState
	older  int           // views in a row that were older than this one
	newer  chan struct{} // closed when there is a newer view, or another state of the sale
	deltas [2]keptDelta  // plain, and packed

	snapshots sync.Mutex // guards kept; held while a snapshot is made
	kept      [2]keptSnapshot
}

// keptDelta is the latest delta to the view, for all clients who know the same.
type keptDelta struct {
	of    seatsKnown
	frame *frame
}

// keptSnapshot is the latest snapshot.
type keptSnapshot struct {
	view  *eventra.SeatsView
	frame *frame
	until time.Time // when a newer view gets a snapshot of its own
}

// poll keeps the view current until ctx ends or the event is deleted.
func (s *seatStream) poll(ctx context.Context, maps SeatMaps, catalog Catalog) {
	ticker := time.NewTicker(streamPeriod)
	defer ticker.Stop()
	for look := 1; ; look++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.look(ctx, maps)
		if err == nil && look%int(streamEventPeriod/streamPeriod) == 0 {
			err = s.lookAtSale(ctx, catalog)
		}
		if eventra.CodeOf(err) == eventra.CodeEventNotFound {
			s.end()
			return
		}
	}
}

func (s *seatStream) look(ctx context.Context, maps SeatMaps) error {
	ctx, cancel := context.WithTimeout(ctx, streamReadTimeout)
	defer cancel()
	view, stale, err := maps.Seats(ctx, s.id)
	if err == nil && !stale {
		s.update(view)
	}
	return err
}

// lookAtSale tells the watchers of another state of the sale. While the catalog cannot
// answer, the state stays as it is.
func (s *seatStream) lookAtSale(ctx context.Context, catalog Catalog) error {
	ctx, cancel := context.WithTimeout(ctx, streamReadTimeout)
	defer cancel()
	event, err := catalog.Event(ctx, s.id)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setSale(event.SaleAt(time.Now()))
	return nil
}

// setSale notes the state of the sale. s.mu is held.
func (s *seatStream) setSale(sale eventra.SaleState) {
	if sale != s.sale {
		s.sale = sale
		s.wake()
	}
}

// offer notes what a request has read: a watcher knows no more than its stream does.
func (s *seatStream) offer(view *eventra.SeatsView, sale eventra.SaleState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setSale(sale)
	if view.Version > s.view.Version {
		s.replace(view)
	}
}

// olderViewsMax is how many older views in a row mean that the event has gone back, to a
// store that was restored. A few may come while the event changes its owner.
const olderViewsMax = 10

// update replaces the view by a newer one and wakes the watchers.
func (s *seatStream) update(view *eventra.SeatsView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if view.Version < s.view.Version {
		s.older++
	} else {
		s.older = 0
	}
	if view.Version > s.view.Version || s.older >= olderViewsMax {
		s.replace(view)
	}
}

// replace sets the view, wakes the watchers, and forgets what was made of the old one.
// s.mu is held.
func (s *seatStream) replace(view *eventra.SeatsView) {
	s.view, s.older, s.deltas = view, 0, [2]keptDelta{}
	s.wake()
	if !s.snapshots.TryLock() {
		return // one is being made, of a view that is hardly older
	}
	defer s.snapshots.Unlock()
	for i := range s.kept {
		if time.Now().After(s.kept[i].until) {
			s.kept[i] = keptSnapshot{}
		}
	}
}

// wake lets the watchers look. s.mu is held.
func (s *seatStream) wake() {
	close(s.newer)
	s.newer = make(chan struct{})
}
