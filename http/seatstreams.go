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
	catalog  Catalog
	turns    *encodingTurns // for large snapshots
	watching prometheus.Gauge

	closed context.Context // its end ends all streams; their clients connect to another instance
	close  context.CancelFunc

	mu       sync.Mutex
	events   map[eventra.ID]*seatStream
	watchers int
}

func newSeatStreams(maps SeatMaps, catalog Catalog, registry *prometheus.Registry) (*seatStreams, error) {
	s := &seatStreams{maps: maps, catalog: catalog, turns: newEncodingTurns(), events: map[eventra.ID]*seatStream{},
		watching: prometheus.NewGauge(prometheus.GaugeOpts{Name: "eventra_seat_streams", Help: "Streams of seat changes that are open."})}
	s.closed, s.close = context.WithCancel(context.Background())
	return s, registry.Register(s.watching)
}

// watch adds a watcher of an event, whose client knows the seats as of the version since,
// or nothing. view is a current one. A client that knows a version from before seats were
// added, or one that the event has not come to, knows nothing either.
func (s *seatStreams) watch(view *eventra.SeatsView, event *eventra.Event, packed bool, since *uint64) (*seatWatcher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Err() != nil {
		return nil, &eventra.Error{Code: eventra.CodeUnavailable, Message: "this instance is shutting down", RetryAfter: time.Second}
	}
	if s.watchers >= streamWatchersMax {
		return nil, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many streams are open", RetryAfter: streamHeartbeat}
	}
	sale := event.SaleAt(time.Now())
	stream := s.events[view.EventID]
	if stream == nil {
		ctx, end := context.WithCancel(s.closed)
		stream = &seatStream{id: view.EventID, turns: s.turns, ended: ctx.Done(), end: end, view: view, sale: sale, newer: make(chan struct{})}
		s.events[view.EventID] = stream
		go stream.poll(ctx, s.maps, s.catalog)
	}
	stream.offer(view, sale)
	stream.watchers++
	s.watchers++
	s.watching.Inc()
	w := &seatWatcher{of: s, stream: stream, packed: packed, known: knownSince(since, view)}
	if !sale.Over() { // otherwise the client is told
		w.sale = sale
	}
	return w, nil
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
