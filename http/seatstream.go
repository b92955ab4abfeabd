package http

import (
	"context"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
)

const (
	// streamPeriod is how often a watched event is looked at, once for all who
	// watch it: a change is shown within it, and the changes of a rush together.
	streamPeriod = 200 * time.Millisecond
	// streamHeartbeat is after how long a stream without changes says that it is
	// alive, which is also how a client that has gone is found out.
	streamHeartbeat = 15 * time.Second
	// streamWatchersMax bounds the streams of an instance.
	streamWatchersMax = 10_000

	mimeEventStream   = "text/event-stream"
	headerLastEventID = "Last-Event-ID"
)

// seatStreams are the events that somebody watches.
type seatStreams struct {
	maps     SeatMaps
	watching prometheus.Gauge

	mu       sync.Mutex
	events   map[eventra.ID]*seatStream
	watchers int
	closed   chan struct{}
}

func newSeatStreams(maps SeatMaps, registry *prometheus.Registry) (*seatStreams, error) {
	s := &seatStreams{maps: maps, events: map[eventra.ID]*seatStream{}, closed: make(chan struct{}),
		watching: prometheus.NewGauge(prometheus.GaugeOpts{Name: "eventra_seat_streams", Help: "Streams of seat changes that are open."})}
	return s, registry.Register(s.watching)
}

// close ends all streams; their clients find another instance.
func (s *seatStreams) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
}

// seatStream is one event as its watchers see it. All who have seen the same
// version are written the same bytes.
type seatStream struct {
	id       eventra.ID
	watchers int // of seatStreams.mu
	stop     context.CancelFunc

	mu      sync.Mutex
	view    *eventra.SeatsView
	newer   chan struct{} // closed when there is a newer view
	gone    bool          // there will be none
	frame   []byte        // the last one made
	frameOf frameKey
}

type frameKey struct{ from, to *eventra.SeatsView }

// watch lets somebody see an event's changes from a view on.
func (s *seatStreams) watch(view *eventra.SeatsView, first []byte) (*seatWatcher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return nil, &eventra.Error{Code: eventra.CodeUnavailable, Message: "this instance is about to end", RetryAfter: time.Second}
	default:
	}
	if s.watchers >= streamWatchersMax {
		return nil, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many watch already", RetryAfter: streamHeartbeat}
	}
	stream := s.events[view.EventID]
	if stream == nil {
		ctx, stop := context.WithCancel(context.Background())
		stream = &seatStream{id: view.EventID, stop: stop, view: view, newer: make(chan struct{})}
		s.events[view.EventID] = stream
		go stream.look(ctx, s.maps)
	}
	stream.watchers++
	s.watchers++
	s.watching.Inc()
	return &seatWatcher{of: s, stream: stream, view: view, rest: first}, nil
}

func (s *seatStreams) leave(stream *seatStream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers--
	s.watching.Dec()
	if stream.watchers--; stream.watchers == 0 {
		stream.stop()
		delete(s.events, stream.id)
	}
}

// look keeps the view new until ctx ends or the event is no more.
func (s *seatStream) look(ctx context.Context, maps SeatMaps) {
	ticker := time.NewTicker(streamPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		asking, cancel := context.WithTimeout(ctx, streamHeartbeat)
		view, last, err := maps.Seats(asking, s.id)
		cancel()
		switch {
		case eventra.CodeOf(err) == eventra.CodeEventNotFound:
			s.end()
			return
		case err == nil && !last: // else whoever watches knows as much
			s.show(view)
		}
	}
}

func (s *seatStream) show(view *eventra.SeatsView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if isNewer(view, s.view) {
		s.view = view
		close(s.newer)
		s.newer = make(chan struct{})
	}
}

func (s *seatStream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	close(s.newer)
}

// isNewer also if seats were added, which is no new version.
func isNewer(view, than *eventra.SeatsView) bool {
	return view.Version > than.Version || view.Version == than.Version && len(view.Status) > len(than.Status)
}

// after returns what there is after a view, if there is anything, and else who
// will tell; newer is nil if nobody will.
func (s *seatStream) after(view *eventra.SeatsView) (now *eventra.SeatsView, frame []byte, newer <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return nil, nil, nil
	}
	if !isNewer(s.view, view) {
		return nil, nil, s.newer
	}
	if key := (frameKey{view, s.view}); s.frameOf != key {
		s.frame, s.frameOf = appendFrame(nil, view, s.view), key
	}
	return s.view, s.frame, s.newer
}

// seatWatcher is the body of one stream: what its client has not been sent yet.
// One that reads slowly is sent the changes of a longer time at once.
type seatWatcher struct {
	of     *seatStreams
	stream *seatStream
	view   *eventra.SeatsView // as the client knows it
	rest   []byte
	once   sync.Once
}

// Read implements io.Reader. It waits for changes, or sends a comment.
func (w *seatWatcher) Read(b []byte) (int, error) {
	if len(w.rest) == 0 {
		if w.rest = w.next(); w.rest == nil {
			return 0, io.EOF
		}
	}
	n := copy(b, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

var heartbeat = []byte(":\n\n")

func (w *seatWatcher) next() []byte {
	beat := time.NewTimer(streamHeartbeat)
	defer beat.Stop()
	for {
		view, frame, newer := w.stream.after(w.view)
		if newer == nil {
			return nil
		}
		if view != nil {
			w.view = view
			return frame
		}
		select {
		case <-newer:
		case <-beat.C:
			return heartbeat
		case <-w.of.closed:
			return nil
		}
	}
}

// Close implements io.Closer: the client has gone, or nothing follows.
func (w *seatWatcher) Close() error {
	w.once.Do(func() { w.of.leave(w.stream) })
	return nil
}

// SeatDelta is what a stream's delta holds.
type SeatDelta struct {
	Version uint64       `json:"version" example:"18" validate:"required"`
	Changes []SeatChange `json:"changes" validate:"required"`
}

// SeatChange is a seat and what has become of it.
type SeatChange struct {
	Seat   string `json:"seat" example:"A-3-12" validate:"required"`
	Status string `json:"status" enums:"AVAILABLE,HELD,BOOKED" example:"HELD" validate:"required"`
}

// appendFrame writes the event that leads from one view to a newer one: a
// delta, or a snapshot if there are more seats.
func appendFrame(b []byte, from, to *eventra.SeatsView) []byte {
	if len(from.Status) != len(to.Status) {
		return appendSnapshot(b, to, appendSeatMap(nil, to, seatPart{}))
	}
	return appendDelta(b, from.Version, to)
}

// appendDelta writes what a [SeatDelta] would be, of all that changed since a version.
func appendDelta(b []byte, since uint64, view *eventra.SeatsView) []byte {
	b = strconv.AppendUint(append(b, "event: delta\nid: "...), view.Version, 10)
	b = strconv.AppendUint(append(b, "\ndata: {\"version\":"...), view.Version, 10)
	b = append(b, `,"changes":[`...)
	first := true
	for no, changed := range view.Changed {
		if changed <= since {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendQuoted(append(b, `{"seat":`...), view.Layout.Seats[no].Name())
		b = append(append(append(b, `,"status":"`...), view.Status[no].String()...), `"}`...)
	}
	return append(b, "]}\n\n"...)
}

func appendSnapshot(b []byte, view *eventra.SeatsView, body []byte) []byte {
	b = strconv.AppendUint(append(b, "event: snapshot\nid: "...), view.Version, 10)
	return append(append(append(b, "\ndata: "...), body...), "\n\n"...) // JSON of ours is one line
}

// streamSeats shows an event's seats and then what becomes of them.
//
// @ID streamSeats
// @Summary Watch the seats
// @Description Server-sent events. First `snapshot`, a seat map, or with `Last-Event-ID` the `delta` since that version; then a `delta`, `{version, changes: [{seat, status}]}`, within 0.2 s of each change, the changes of a rush together. The id of each is its version. A comment every 15 s where nothing changes. When seats are added, `snapshot` comes again.
// @Tags seats
// @Security
// @Security BearerAuth
// @Produce text/event-stream
// @Param eventId path string true "Event" format(uuid)
// @Param Last-Event-ID header string false "Version that is known already"
// @Success 200 {string} string "Server-sent events"
// @Header 200 {string} Eventra-Stale "true if this instance is cut off from the one that sells the event, and shows what it knew last"
// @Failure 404 {object} Problem "event_not_found, also for drafts to all but admins"
// @Router /api/v1/events/{eventId}/seats/stream [get]
func (s *Server) streamSeats(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	view, last, err := s.cfg.SeatMaps.Seats(c.UserContext(), event.ID)
	if err != nil {
		return err
	}
	watcher, err := s.streams.watch(view, s.firstFrame(view, c.Get(headerLastEventID)))
	if err != nil {
		return err
	}
	sayStale(c, last)
	c.Set(fiber.HeaderContentType, mimeEventStream)
	c.Set(fiber.HeaderCacheControl, "no-store")
	writesOn(c.Context())
	c.Response().ImmediateHeaderFlush = true
	c.Response().SetBodyStream(watcher, -1)
	return nil
}

// firstFrame is what brings a client to a view: nothing if it is there, a delta
// if it knows an earlier version, else everything.
func (s *Server) firstFrame(view *eventra.SeatsView, known string) []byte {
	since, err := strconv.ParseUint(known, 10, 64)
	switch {
	case err != nil || since > view.Version:
		return appendSnapshot(nil, view, s.bodies.body(view, seatPart{}, ""))
	case since == view.Version:
		return nil
	}
	return appendDelta(nil, since, view)
}
