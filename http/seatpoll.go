package http

import (
	"context"
	"sync"
	"time"

	"github.com/eventra/eventra"
)

// seatStream is one watched event: one goroutine reads its seat map, and one, its
// [fanOut], sends the changes to all watchers.
type seatStream struct {
	of       *seatStreams
	id       eventra.ID
	watchers int // guarded by seatStreams.mu
	ended    <-chan struct{}
	end      context.CancelFunc
	news     chan struct{} // has an element when there is something new for the fan-out

	mu      sync.Mutex
	view    *eventra.SeatsView
	looked  time.Time // when the view was the newest
	sale    eventra.SaleState
	older   int            // views in a row that were older than this one
	arrived []*seatWatcher // since the fan-out looked
	over    bool           // the fan-out has ended
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
	begun := time.Now()
	view, stale, err := maps.Seats(ctx, s.id)
	if err == nil && !stale {
		s.update(view, begun)
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
		s.view, s.older = view, 0
		s.wake()
	}
}

// olderViewsMax is how many older views in a row mean that the event has gone back, to a
// store that was restored. A few may come while the event changes its owner.
const olderViewsMax = 10

// update replaces the view by a newer one, which was read from then on.
func (s *seatStream) update(view *eventra.SeatsView, begun time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if view.Version < s.view.Version {
		s.older++
	} else {
		s.older, s.looked = 0, begun
	}
	if view.Version > s.view.Version || s.older >= olderViewsMax {
		s.view, s.older, s.looked = view, 0, begun
		s.wake()
	}
}

// recent returns the view if it is as new as watchers get it, otherwise nil.
func (s *seatStream) recent() *eventra.SeatsView {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.looked) > streamPeriod+streamPeriod/2 {
		return nil
	}
	return s.view
}

// open hands a watcher, which has been counted, to the fan-out, and reports false if that
// has ended.
func (s *seatStream) open(w *seatWatcher) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.arrived = append(s.arrived, w)
	s.wake()
	return true
}

// wake lets the fan-out look.
func (s *seatStream) wake() {
	select {
	case s.news <- struct{}{}:
	default: // it will
	}
}

// take returns what the fan-out has to send, and the watchers who have arrived.
func (s *seatStream) take() (view *eventra.SeatsView, sale eventra.SaleState, arrived []*seatWatcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrived, s.arrived = s.arrived, nil
	return s.view, s.sale, arrived
}

// finish notes that the fan-out has ended, and returns the watchers whom it has not met.
func (s *seatStream) finish() []*seatWatcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrived := s.arrived
	s.over, s.arrived = true, nil
	return arrived
}
