package http

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

const (
	// streamPeriod is how often a watched event's seat map is read, once for all of its
	// watchers. A change is sent within that time, and the changes of a rush together.
	streamPeriod = 200 * time.Millisecond
	// streamHeartbeat is the pause after which a stream without changes sends a comment.
	// The write also detects clients that have gone.
	streamHeartbeat = 15 * time.Second
	// streamWatchersMax bounds the streams of an instance.
	streamWatchersMax = 10_000
	// streamReadTimeout bounds one read of the seat map. An event that is handed over
	// to another member answers late.
	streamReadTimeout = 5 * time.Second
	// streamFrameMax is how long a client may take to read one frame, in the worst case a
	// map of 100,000 seats. The stream of a slower client ends.
	streamFrameMax = 2 * time.Minute

	mimeEventStream   = "text/event-stream"
	headerLastEventID = "Last-Event-ID"
)

// appendDelta appends the seats that changed since a version:
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

// appendSnapshot appends a [SeatsView], which is one line.
func appendSnapshot(b []byte, view *eventra.SeatsView) []byte {
	b = slices.Grow(b, seatMapBytes(len(view.Status)))
	b = strconv.AppendUint(append(b, "event: snapshot\nid: "...), view.Version, 10)
	b = appendSeatMap(append(b, "\ndata: "...), view, seatPart{})
	return append(b, "\n\n"...)
}

// streamSeats sends an event's seats, and then their changes.
//
// @ID streamSeats
// @Summary Watch the seats
// @Description Server-sent events. The first is a `snapshot`, a seat map, or with `Last-Event-ID` a `delta` since that version. Each change follows within 0.2 s as a `delta`, `{version, changes: [{seat, status}]}`; in a rush, one delta has many changes. The id is the version. While nothing changes, a comment comes every 15 s. When seats are added, a new `snapshot` comes. Watch it with an `EventSource` or `curl -N`; the stream does not end by itself.
// @Tags seats
// @Security
// @Security BearerAuth
// @Produce text/event-stream
// @Param eventId path string true "Event" format(uuid)
// @Param Last-Event-ID header string false "Version that the client has"
// @Success 200 {string} string "Server-sent events"
// @Header 200 {string} Eventra-Stale "true if this instance cannot reach the one that sells the event, and shows the last state that it knew"
// @Failure 404 {object} Problem "event_not_found, also for an event that never was published unless the caller is an admin"
// @Router /api/v1/events/{eventId}/seats/stream [get]
func (s *Server) streamSeats(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	view, stale, err := s.cfg.SeatMaps.Seats(c.UserContext(), event.ID)
	if err != nil {
		return err
	}
	markStale(c, stale)
	c.Set(fiber.HeaderContentType, mimeEventStream)
	c.Set(fiber.HeaderCacheControl, "no-store")
	if c.Method() == fiber.MethodHead {
		return nil
	}
	before := nothingKnown
	if version, err := strconv.ParseUint(c.Get(headerLastEventID), 10, 64); err == nil && version <= view.Version {
		before = seatsKnown{version, len(view.Status)}
	}
	leave, err := s.enterStream(c)
	if err != nil {
		return err
	}
	watcher, err := s.streams.watch(view, before)
	if err != nil {
		leave()
		return err
	}
	watcher.closed = leave
	admission.Stream(c.Context().Conn())
	c.Response().ImmediateHeaderFlush = true
	c.Response().SetBodyStream(watcher, -1)
	return nil
}

// enterStream takes a place among the streams of the client's address and of the caller.
func (s *Server) enterStream(c *fiber.Ctx) (leave func(), err error) {
	refusal := &eventra.Error{Code: eventra.CodeRateLimited, Message: "too many streams are open", RetryAfter: streamHeartbeat}
	address := s.addressOf(c)
	if !s.streamsOfAddresses.Take(address) {
		return nil, refusal
	}
	caller := callerOf(c)
	if caller == nil {
		return func() { s.streamsOfAddresses.Give(address) }, nil
	}
	user := caller.UserID.String()
	if !s.streamsOfUsers.Take(user) {
		s.streamsOfAddresses.Give(address)
		return nil, refusal
	}
	return func() {
		s.streamsOfAddresses.Give(address)
		s.streamsOfUsers.Give(user)
	}, nil
}
