package http

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
)

// seatStreams are the watched events of this instance.
type seatStreams struct {
	maps     SeatMaps
	watching prometheus.Gauge

	closed context.Context // its end ends all streams; their clients connect to another instance
	close  context.CancelFunc

	mu       sync.Mutex
	events   map[eventra.ID]*seatStream
	watchers int
}

func newSeatStreams(maps SeatMaps, registry *prometheus.Registry) (*seatStreams, error) {
	s := &seatStreams{maps: maps, events: map[eventra.ID]*seatStream{},
		watching: prometheus.NewGauge(prometheus.GaugeOpts{Name: "eventra_seat_streams", Help: "Streams of seat changes that are open."})}
	s.closed, s.close = context.WithCancel(context.Background())
	return s, registry.Register(s.watching)
}

// seatStream is one watched event. All of its watchers share the view and its encodings.
type seatStream struct {
	id       eventra.ID
	watchers int // guarded by seatStreams.mu
	ended    <-chan struct{}
	end      context.CancelFunc

	mu       sync.Mutex
	view     *eventra.SeatsView
	newer    chan struct{} // closed when there is a newer view
	snapshot []byte        // of the view; made when first needed
	frame    []byte        // from frameOf to the view; made when first needed
	frameOf  seatsKnown
}

// watch adds a watcher of an event, whose client has the seats that before says. view is
// a current one.
func (s *seatStreams) watch(view *eventra.SeatsView, before seatsKnown) (*seatWatcher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Err() != nil {
		return nil, &eventra.Error{Code: eventra.CodeUnavailable, Message: "this instance is shutting down", RetryAfter: time.Second}
	}
	if s.watchers >= streamWatchersMax {
		return nil, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many streams are open", RetryAfter: streamHeartbeat}
	}
	stream := s.events[view.EventID]
	if stream == nil {
		ctx, end := context.WithCancel(s.closed)
		stream = &seatStream{id: view.EventID, ended: ctx.Done(), end: end, view: view, newer: make(chan struct{})}
		s.events[view.EventID] = stream
		go stream.poll(ctx, s.maps)
	}
	stream.watchers++
	s.watchers++
	s.watching.Inc()
	return &seatWatcher{of: s, stream: stream, known: before}, nil
}

// unwatch removes a watcher. The last one ends the stream.
func (s *seatStreams) unwatch(stream *seatStream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers--
	s.watching.Dec()
	if stream.watchers--; stream.watchers == 0 {
		stream.end()
		delete(s.events, stream.id)
	}
}

// poll keeps the view current until ctx ends or the event is deleted.
func (s *seatStream) poll(ctx context.Context, maps SeatMaps) {
	ticker := time.NewTicker(streamPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		reading, cancel := context.WithTimeout(ctx, streamReadTimeout)
		view, stale, err := maps.Seats(reading, s.id)
		cancel()
		switch {
		case eventra.CodeOf(err) == eventra.CodeEventNotFound:
			s.end()
			return
		case err == nil && !stale:
			s.update(view)
		}
	}
}

// update replaces the view by a newer one and wakes the watchers.
func (s *seatStream) update(view *eventra.SeatsView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known(s.view).behind(view) {
		s.view, s.snapshot, s.frame = view, nil, nil
		close(s.newer)
		s.newer = make(chan struct{})
	}
}

// seatsKnown is what a client knows of a seat map: its version and the number of seats,
// which may grow without a new version.
type seatsKnown struct {
	version uint64
	seats   int
}

var nothingKnown = seatsKnown{seats: -1}

func known(view *eventra.SeatsView) seatsKnown { return seatsKnown{view.Version, len(view.Status)} }

func (k seatsKnown) behind(view *eventra.SeatsView) bool {
	return view.Version > k.version || view.Version == k.version && len(view.Status) > k.seats
}

// after returns the frame for a client that knows before, and what the client knows when
// it has read the frame. Without anything new the frame is nil, and newer is closed when
// there is. Clients that know the same get the same bytes.
func (s *seatStream) after(before seatsKnown) (frame []byte, now seatsKnown, newer <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !before.behind(s.view):
		return nil, before, s.newer
	case before == nothingKnown:
		return s.whole(), known(s.view), s.newer
	case s.frame == nil || s.frameOf != before:
		s.frame, s.frameOf = s.since(before), before
	}
	return s.frame, known(s.view), s.newer
}

func (s *seatStream) whole() []byte {
	if s.snapshot == nil {
		s.snapshot = appendSnapshot(nil, s.view)
	}
	return s.snapshot
}

// deltaSeatsMin is the number of changes above which a snapshot may replace a delta. From
// half of the seats on a snapshot is hardly longer, and it is the same for all clients.
const deltaSeatsMin = 1000

// since returns the delta from what a client knows, or the whole map if that is better.
func (s *seatStream) since(before seatsKnown) []byte {
	if before.seats != len(s.view.Status) {
		return s.whole()
	}
	changed := 0
	for _, version := range s.view.Changed {
		if version > before.version {
			changed++
		}
	}
	if changed > max(deltaSeatsMin, len(s.view.Status)/2) {
		return s.whole()
	}
	return appendDelta(nil, before.version, s.view)
}
