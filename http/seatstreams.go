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
	budget   frameBudget
	watching prometheus.Gauge

	closed context.Context // its end ends all streams; their clients connect to another instance
	close  context.CancelFunc
	runs   sync.WaitGroup // the goroutines of the streams

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

// recent returns the view of an event that is watched, as new as its watchers have it, for
// a client that knows the seats as of the version since, or nothing. It is nil if there is
// none.
func (s *seatStreams) recent(event eventra.ID, since *uint64) *eventra.SeatsView {
	s.mu.Lock()
	stream := s.events[event]
	s.mu.Unlock()
	if stream == nil {
		return nil
	}
	view := stream.recent()
	if view == nil || since != nil && *since > view.Version {
		return nil
	}
	return view
}

// watch adds a watcher of an event, whose client knows the seats as of the version since,
// or nothing. view is a current one. A client that knows a version from before seats were
// added, or one that the event has not come to, knows nothing either. The watcher counts
// until it is opened and closed.
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
		stream = s.begin(view, sale)
	}
	stream.offer(view, sale)
	stream.watchers++
	s.watchers++
	s.watching.Inc()
	w := &seatWatcher{stream: stream, packed: packed, known: knownSince(since, view)}
	if !sale.Over() { // otherwise the client is told
		w.sale = sale
	}
	return w, nil
}

// begin begins to watch an event. s.mu is held.
func (s *seatStreams) begin(view *eventra.SeatsView, sale eventra.SaleState) *seatStream {
	ctx, end := context.WithCancel(s.closed)
	stream := &seatStream{of: s, id: view.EventID, ended: ctx.Done(), end: end, news: make(chan struct{}, 1),
		view: view, looked: time.Now(), sale: sale}
	s.events[view.EventID] = stream
	s.runs.Go(func() { stream.poll(ctx, s.maps, s.catalog) })
	s.runs.Go(newFanOut(stream).run)
	return stream
}

// open begins to send to a watcher: first the headers of the response.
func (s *seatStreams) open(w *seatWatcher, conn watcherConn, headers []byte) {
	w.conn, w.rest = conn, headers
	if !w.stream.open(w) {
		s.unwatch(w)
	}
}

// unwatch closes a watcher and counts it out. The last one ends the stream.
func (s *seatStreams) unwatch(w *seatWatcher) {
	_ = w.conn.Close() // whatever the client has not got, it can ask for again
	if w.leave != nil {
		w.leave()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers--
	s.watching.Dec()
	stream := w.stream
	if stream.watchers--; stream.watchers == 0 {
		stream.end()
		delete(s.events, stream.id)
	}
}

func (s *seatStreams) isWatched(stream *seatStream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return stream.watchers > 0
}

// wait waits until all streams have ended, or ctx has.
func (s *seatStreams) wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		s.runs.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
