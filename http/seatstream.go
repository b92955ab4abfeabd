package http

import (
	"context"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
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
	// streamLookMax bounds a look: an event on its way to another owner answers later.
	streamLookMax = 5 * time.Second
	// streamFrameMax is how long a client may take to read what it is sent at
	// once, a map of 100,000 seats at the worst. Who is slower is cut off.
	streamFrameMax = 2 * time.Minute

	mimeEventStream   = "text/event-stream"
	headerLastEventID = "Last-Event-ID"
)

// seatStreams are the events that somebody watches.
type seatStreams struct {
	maps     SeatMaps
	watching prometheus.Gauge

	closed context.Context // ends all streams; their clients find another instance
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

// seatStream is one event as its watchers see it.
type seatStream struct {
	id       eventra.ID
	watchers int // of seatStreams.mu
	ended    <-chan struct{}
	end      context.CancelFunc

	mu       sync.Mutex
	view     *eventra.SeatsView
	newer    chan struct{} // closed when there is a newer view
	snapshot []byte        // of the view; nil until somebody needs it
	frame    []byte        // that leads to the view; nil until somebody needs one
	frameOf  seatsKnown    // for whom
}

// watch lets somebody see what becomes of an event beyond what is known. The
// view is a new one.
func (s *seatStreams) watch(view *eventra.SeatsView, before seatsKnown) (*seatWatcher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Err() != nil {
		return nil, &eventra.Error{Code: eventra.CodeUnavailable, Message: "this instance is about to end", RetryAfter: time.Second}
	}
	if s.watchers >= streamWatchersMax {
		return nil, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many watch already", RetryAfter: streamHeartbeat}
	}
	stream := s.events[view.EventID]
	if stream == nil {
		ctx, end := context.WithCancel(s.closed)
		stream = &seatStream{id: view.EventID, ended: ctx.Done(), end: end, view: view, newer: make(chan struct{})}
		s.events[view.EventID] = stream
		go stream.look(ctx, s.maps)
	}
	stream.watchers++
	s.watchers++
	s.watching.Inc()
	return &seatWatcher{of: s, stream: stream, known: before}, nil
}

func (s *seatStreams) leave(stream *seatStream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers--
	s.watching.Dec()
	if stream.watchers--; stream.watchers == 0 {
		stream.end()
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
		asking, cancel := context.WithTimeout(ctx, streamLookMax)
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
	if known(s.view).behind(view) {
		s.view, s.snapshot, s.frame = view, nil, nil
		close(s.newer)
		s.newer = make(chan struct{})
	}
}

// seatsKnown is what a client knows: so many seats, of a version. Seats may
// become more without a new version.
type seatsKnown struct {
	version uint64
	seats   int
}

var nothingKnown = seatsKnown{seats: -1}

func known(view *eventra.SeatsView) seatsKnown { return seatsKnown{view.Version, len(view.Status)} }

func (k seatsKnown) behind(view *eventra.SeatsView) bool {
	return view.Version > k.version || view.Version == k.version && len(view.Status) > k.seats
}

// after returns what somebody is to be told, if there is anything, and what is
// known then; else who will tell. All who know the same are told by the same
// bytes.
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

// deltaSeatsMin is from how many changes on a delta may be given up for a
// snapshot that is no longer, and the same for all.
const deltaSeatsMin = 1000

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

// seatWatcher is the body of one stream: what its client has not been sent yet.
// One that reads slowly is sent the changes of a longer time at once.
type seatWatcher struct {
	of     *seatStreams
	stream *seatStream
	known  seatsKnown // to the client, when it has read the rest
	rest   []byte
	begun  time.Time // to be read
	once   sync.Once
}

// Read implements io.Reader. It waits for changes, or sends a comment.
func (w *seatWatcher) Read(b []byte) (int, error) {
	switch {
	case len(w.rest) == 0:
		if w.rest = w.next(); w.rest == nil {
			return 0, io.EOF
		}
		w.begun = time.Now()
	case time.Since(w.begun) > streamFrameMax:
		return 0, os.ErrDeadlineExceeded
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
		frame, now, newer := w.stream.after(w.known)
		if frame != nil {
			w.known = now
			return frame
		}
		select {
		case <-newer:
		case <-beat.C:
			return heartbeat
		case <-w.stream.ended:
			return nil
		}
	}
}

// Close implements io.Closer: the client has gone, or nothing follows.
func (w *seatWatcher) Close() error {
	w.once.Do(func() { w.of.leave(w.stream) })
	return nil
}

// appendDelta writes all that changed since a version:
// {version, changes: [{seat, status}]}.
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

// appendSnapshot writes a [SeatMap], which is one line.
func appendSnapshot(b []byte, view *eventra.SeatsView) []byte {
	b = slices.Grow(b, seatMapBytes(view))
	b = strconv.AppendUint(append(b, "event: snapshot\nid: "...), view.Version, 10)
	b = appendSeatMap(append(b, "\ndata: "...), view, seatPart{})
	return append(b, "\n\n"...)
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
	sayStale(c, last)
	c.Set(fiber.HeaderContentType, mimeEventStream)
	c.Set(fiber.HeaderCacheControl, "no-store")
	if c.Method() == fiber.MethodHead {
		return nil
	}
	before := nothingKnown
	if version, err := strconv.ParseUint(c.Get(headerLastEventID), 10, 64); err == nil && version <= view.Version {
		before = seatsKnown{version, len(view.Status)}
	}
	watcher, err := s.streams.watch(view, before)
	if err != nil {
		return err
	}
	admission.Stream(c.Context().Conn())
	c.Response().ImmediateHeaderFlush = true
	c.Response().SetBodyStream(watcher, -1)
	return nil
}
