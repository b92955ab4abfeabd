package http

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
	"github.com/eventra/eventra/http/auth"
)

const (
	bodyMaxBytes      = 64 << 10
	seatsBodyMaxBytes = 16 << 20 // 100,000 seats written out, or 5,000 prices under any names

	// bodySmallBytes of a body are read with the headers. Nearly all bodies are not longer,
	// so those that are take one of a few places, and wait for nobody else's.
	bodySmallBytes = 4 << 10
	// Places for longer bodies: of clients without a token, counted by address, and of
	// callers, counted by user. Together they are bounded by 24 MiB.
	anonymousBodiesMax, bodiesPerAddressMax = 64, 8
	callerBodiesMax, bodiesPerCallerMax     = 256, 8
	// seatsBodiesMax is how many of the bodies that list seats or prices are in memory at a time.
	seatsBodiesMax = 2
	// seatsBodyWait is how long another one waits.
	seatsBodyWait = 5 * time.Second

	// bodyUnreadMaxBytes of a body that nobody has read are what the HTTP library reads
	// before it waits for the next request; else it closes the connection.
	bodyUnreadMaxBytes = 256 << 10
)

// bodies bounds the memory of requests that are being received.
type bodies struct {
	anonymous, callers admission.Shares
	seats              chan struct{}
}

func newBodies() *bodies {
	return &bodies{
		anonymous: admission.Shares{Max: anonymousBodiesMax, EachMax: bodiesPerAddressMax},
		callers:   admission.Shares{Max: callerBodiesMax, EachMax: bodiesPerCallerMax},
		seats:     make(chan struct{}, seatsBodiesMax),
	}
}

// headerTooLong marks a request whose body is longer than its sender may send. It is not
// read: as far as the HTTP library knows there is none, and the connection ends with the
// response. A client that sends the header itself gets what it asks for.
const headerTooLong = "Eventra-Body-Too-Long"

// announced decides by a request's headers what of its body is read before the handler: a
// short one, or the first byte. Memory for the rest is taken as it arrives.
func (s *Server) announced(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	length := h.ContentLength()
	if length > s.announcedMax(h) {
		h.Set(headerTooLong, strconv.Itoa(length))
		h.SetContentLength(0)
		h.SetConnectionClose()
	}
	if length > bodySmallBytes {
		return fasthttp.RequestConfig{MaxRequestBodySize: 1}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: bodySmallBytes}
}

func (s *Server) announcedMax(h *fasthttp.RequestHeader) int {
	if !listsInventory(h) {
		return bodyMaxBytes
	}
	token := bearerToken(h)
	if auth.IsAPIKey(token) { // what it may do is known only when its store was asked; see receive
		return seatsBodyMaxBytes
	}
	if who, err := s.callerOfToken(token); err != nil || who.Role != eventra.RoleAdmin {
		return bodyMaxBytes
	}
	return seatsBodyMaxBytes
}

// listsInventory reports whether a request looks like one of those that may have a long body,
// since they list seats or prices. Its route decides.
func listsInventory(h *fasthttp.RequestHeader) bool {
	path, _, _ := bytes.Cut(h.RequestURI(), []byte("?"))
	if !bytes.HasPrefix(path, []byte("/api/v1/events/")) {
		return false
	}
	switch method := string(h.Method()); method {
	case fiber.MethodPut:
		return bytes.HasSuffix(path, []byte("/pricing"))
	case fiber.MethodPost, fiber.MethodPatch:
		return bytes.HasSuffix(path, []byte("/seats")) || bytes.HasSuffix(path, []byte("/seats/remove"))
	}
	return false
}

// tooLong reports whether nobody may send a request with so long a body. One that lists seats or prices is
// routed, so that a sender who is no admin is told so.
func tooLong(h *fasthttp.RequestHeader) bool {
	return isTooLong(h) && !listsInventory(h)
}

// isTooLong reports whether a request is marked as one whose body is too long.
func isTooLong(h *fasthttp.RequestHeader) bool {
	return h.ConnectionClose() && len(h.Peek(headerTooLong)) > 0
}

// wellFormed reports whether each line of a request's headers ends with CRLF and begins with a
// name without spaces. The HTTP library takes others, which another server on the way may
// see as other headers. The request line is not among them.
func wellFormed(headers []byte) bool {
	for len(headers) > 0 {
		end := bytes.IndexByte(headers, '\n')
		if end < 1 || headers[end-1] != '\r' {
			return false
		}
		name, _, _ := bytes.Cut(headers[:end], []byte(":"))
		if bytes.IndexByte(name, ' ') >= 0 || bytes.IndexByte(name, '\t') >= 0 {
			return false
		}
		headers = headers[end+1:]
	}
	return true
}

// receive reads the request's body for the handlers that follow. It stands behind those
// that decide who may call and how often. The time for the request's work begins when the
// body has arrived.
func (s *Server) receive(c *fiber.Ctx, maxBytes int, next func() error) error {
	request := &c.Context().Request
	stream, length := request.BodyStream(), request.Header.ContentLength()
	if isTooLong(&request.Header) {
		return unread(c, fasthttp.ErrBodyTooLarge)
	}
	if stream == nil {
		return next()
	}
	_ = request.CloseBodyStream() // it can still be read, and from now on request.Body() is what was read before
	if length == len(request.Body()) {
		_, _ = io.ReadFull(stream, request.Body()) // so that the stream is at its end, too
		return next()
	}
	if length > maxBytes {
		return unread(c, fasthttp.ErrBodyTooLarge)
	}
	body, done, err := s.readBody(c, stream, maxBytes)
	if err != nil {
		return unread(c, err)
	}
	defer done()
	request.SetBodyRaw(body)
	exchangeOf(c).postpone(time.Now().Add(s.cfg.RequestTimeout))
	return next()
}

// readBody reads a body that has not arrived whole. While it waits for bytes it holds no
// slot, and afterwards only if it did before. done gives back what a long body takes.
func (s *Server) readBody(c *fiber.Ctx, stream io.Reader, maxBytes int) (body []byte, done func(), err error) {
	conn := c.Context().Conn()
	if !admission.HoldsSlot(conn) {
		defer admission.ReleaseSlot(conn)
	}
	var read bytes.Buffer
	var given []func()
	done = func() {
		for _, give := range given {
			give()
		}
	}
	for _, step := range []struct {
		toBytes int
		take    func(*fiber.Ctx) (give func(), err error)
	}{
		{bodySmallBytes, func(*fiber.Ctx) (func(), error) { return func() {}, nil }},
		{bodyMaxBytes, s.takeLongBody},
		{seatsBodyMaxBytes, s.takeSeatsBody},
	} {
		give, err := step.take(c)
		if err == nil {
			given = append(given, give)
			limit := min(step.toBytes, maxBytes)
			_, err = read.ReadFrom(io.LimitReader(stream, int64(limit+1-read.Len())))
			switch {
			case err != nil:
			case read.Len() <= limit:
				return read.Bytes(), done, nil
			case limit == maxBytes:
				err = fasthttp.ErrBodyTooLarge
			}
		}
		if err != nil {
			done()
			return nil, nil, err
		}
	}
	panic("unreachable: no body may be longer than the last step")
}

// unread ends a request whose body has not been read to its end. Nothing can follow it on
// its connection.
func unread(c *fiber.Ctx, err error) error {
	c.Context().SetConnectionClose()
	admission.Linger(c.Context().Conn())
	var timeout net.Error
	var own *eventra.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return routingProblem(fiber.ErrRequestEntityTooLarge)
	case errors.As(err, &timeout) && timeout.Timeout():
		return routingProblem(fiber.ErrRequestTimeout)
	}
	return routingProblem(fiber.ErrBadRequest)
}

// leftUnread reports whether a handler has left more of a body than what is read before
// the connection's next request.
func leftUnread(ctx *fasthttp.RequestCtx) bool {
	length := ctx.Request.Header.ContentLength()
	return ctx.Request.IsBodyStream() && (length < 0 || length > bodyUnreadMaxBytes) || isTooLong(&ctx.Request.Header)
}

// takeLongBody takes a place for a body of at most bodyMaxBytes.
func (s *Server) takeLongBody(c *fiber.Ctx) (give func(), err error) {
	shares, subject := &s.bodies.anonymous, s.addressOf(c)
	if who := callerOf(c); who != nil {
		shares, subject = &s.bodies.callers, who.UserID.String()
	}
	if !shares.Take(subject) {
		return nil, eventra.Errorf(eventra.CodeOverloaded, "too many long bodies at once")
	}
	return func() { shares.Give(subject) }, nil
}

// takeSeatsBody takes a place for a body of at most seatsBodyMaxBytes.
func (s *Server) takeSeatsBody(c *fiber.Ctx) (give func(), err error) {
	give = func() { <-s.bodies.seats }
	select {
	case s.bodies.seats <- struct{}{}:
		return give, nil
	default:
	}
	admission.ReleaseSlot(c.Context().Conn())
	timer := time.NewTimer(seatsBodyWait)
	defer timer.Stop()
	select {
	case s.bodies.seats <- struct{}{}:
		return give, nil
	case <-timer.C:
		return nil, eventra.Errorf(eventra.CodeOverloaded, "too many seats or prices are being changed at once")
	}
}
