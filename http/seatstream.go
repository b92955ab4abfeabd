package http

import (
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

const (
	// streamPeriod is how often a watched event's seat map is read, once for all of its
	// watchers. A change is sent within that time, and the changes of a rush together.
	streamPeriod = 200 * time.Millisecond
	// streamEventPeriod is how often a watched event's sale is looked at.
	streamEventPeriod = time.Second
	// streamRetry is what a client is asked to wait before it connects again.
	streamRetry = 2 * time.Second
	// streamHeartbeat is the pause after which a stream without changes sends a comment.
	// The write also detects clients that the network has lost.
	streamHeartbeat = 15 * time.Second
	// streamLookPeriod is how soon a client that closes a quiet stream is noticed. Until
	// then its stream counts.
	streamLookPeriod = 2 * time.Second
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

// streamSeats sends an event's seats, and then their changes.
//
// @ID streamSeats
// @Summary Watch the seats
// @Description Server-sent events. The first is a `snapshot`, a seat map, or with `Last-Event-ID` or `since` a `delta` since that version. Each change follows within about 0.2 s as a `delta`, `{version, changes: [{seat, status}], places: [{section, kind, capacity, available, held, booked, blocked}]}`, where `places` are the general-admission sections that changed, if any; in a rush it may take longer, and one delta has many changes. The id is the version. A new `snapshot` comes when seats were added or removed, or their prices or categories changed, or when the version is one that this event does not have.
// @Description
// @Description A `sale` event, `{state}` with `UPCOMING`, `OPEN`, `ENDED` or `CANCELLED`, tells within about a second that the state of the sale has changed, and at the beginning that the sale is over. It has no id.
// @Description
// @Description While nothing changes, a comment comes every 15 s. The stream ends when the event is deleted, and when this instance shuts down; connect again then. Watch it with an `EventSource` or `curl -N`. Compressed with gzip on request.
// @Tags seats
// @Security
// @Security BearerAuth
// @Security KeyAuth
// @Produce text/event-stream
// @Param eventId path string true "Event" format(uuid)
// @Param Last-Event-ID header string false "Version that the client has"
// @Param since query int false "Version that the client has, for clients that cannot set headers; Last-Event-ID comes first" minimum(0)
// @Success 200 {string} string "Server-sent events"
// @Header 200 {string} Eventra-Stale "true if this instance cannot reach the one that sells the event, or that one PostgreSQL after a change by an administrator, and shows the last state that it knew"
// @Failure 404 {object} Problem "event_not_found, also for an event that never was published unless the caller is an admin, or an API key with events:write for the event"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/events/{eventId}/seats/stream [get]
func (s *Server) streamSeats(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	q := query{c: c}
	since := q.version("since")
	if err := q.faults.Err(); err != nil {
		return err
	}
	if version, err := strconv.ParseUint(c.Get(headerLastEventID), 10, 64); err == nil {
		since = &version
	}
	view, stale := s.streams.recent(event.ID, since), false
	if view == nil {
		if view, stale, err = s.cfg.SeatMaps.Seats(c.UserContext(), event.ID); err != nil {
			return err
		}
	}
	packed := codingQuality(c.Get(fiber.HeaderAcceptEncoding), codingGzip) > 0
	markStale(c, stale)
	setStreamHeaders(c, packed)
	if c.Method() == fiber.MethodHead {
		return nil
	}
	leave, err := s.enterStream(c)
	if err != nil {
		return err
	}
	watcher, err := s.streams.watch(view, event, packed, since)
	if err != nil {
		leave()
		return err
	}
	watcher.leave = leave
	c.Locals(streamLocal, watcher)
	return nil
}

// streamLocal is where a request keeps the watcher that takes its connection over.
const streamLocal = "stream"

// openStream hands the connection of a request for a stream over to its watcher, if it is
// one. From then on the connection takes no goroutine, and the memory of a request is free.
func (s *Server) openStream(ctx *fasthttp.RequestCtx) {
	watcher, ok := ctx.UserValue(streamLocal).(*seatWatcher)
	if !ok {
		return
	}
	headers := &ctx.Response.Header
	watcher.chunks = ctx.Request.Header.IsHTTP11()
	if watcher.chunks {
		headers.SetContentLength(-1)
	} else {
		headers.SetContentLength(-2) // up to the end of the connection
	}
	headers.SetConnectionClose()
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(net.Conn) {})
	s.streams.open(watcher, admission.Detach(ctx.Conn()), slices.Clone(headers.Header()))
}

func setStreamHeaders(c *fiber.Ctx, packed bool) {
	c.Set(fiber.HeaderContentType, mimeEventStream)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no") // nginx would collect what belongs to the client now
	c.Vary(fiber.HeaderAcceptEncoding)
	if packed {
		c.Set(fiber.HeaderContentEncoding, codingGzip)
	}
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
