package http

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
	"github.com/eventra/eventra/http/auth"
)

const (
	// exportsMax exports and reports run at a time. Each takes a connection of the back office's while it
	// reads, and has at most two pages in memory.
	exportsMax = 2
	// exportPage is how many bookings are read at a time, of 50 items at most.
	exportPage = 1000
	// exportMax is how long an export may take. A client has writeTimeout to read each page.
	exportMax = 30 * time.Minute

	mimeCSV = "text/csv; charset=utf-8; header=present"
)

var errCallerEnded = errors.New("the access token or API key has ended")

// exports are those that run, with the reports.
type exports struct {
	office BackOffice
	denied DeniedTokens
	pace   *readerPace
	log    *slog.Logger
	places chan struct{}

	closed context.Context // its end cuts off all exports; their clients begin again at another instance
	close  context.CancelFunc
}

func newExports(cfg *Config, pace *readerPace) *exports {
	e := &exports{office: cfg.BackOffice, denied: cfg.DeniedTokens, pace: pace, log: cfg.Log, places: make(chan struct{}, exportsMax)}
	e.closed, e.close = context.WithCancel(context.Background())
	return e
}

// enter takes a place, which leave gives back.
func (x *exports) enter() error {
	select {
	case x.places <- struct{}{}:
		return nil
	default:
		return eventra.Errorf(eventra.CodeOverloaded, "too many exports and reports at once")
	}
}

func (x *exports) leave() { <-x.places }

// export is the body of a response. The goroutine that serves the connection reads it, while
// another one reads the next page. It implements io.ReadCloser.
type export struct {
	of      *exports
	what    eventra.BookingExport
	conn    net.Conn
	caller  *auth.Caller
	request string // its id

	ctx   context.Context
	end   context.CancelFunc
	pages chan exportedPage // at most one
	reads bool              // another goroutine reads a page
	rest  []byte            // of the page that is being sent
	room  []byte            // of pages
	err   error             // how it ends after the rest
}

type exportedPage struct {
	bookings []eventra.ExportedBooking
	next     *eventra.Cursor
	err      error
}

// begin takes a place and reads the first page, so that what is wrong can still be told.
func (x *exports) begin(ctx context.Context, event eventra.ID, status eventra.BookingStatus) (*export, error) {
	if err := x.enter(); err != nil {
		return nil, err
	}
	e := &export{of: x, what: eventra.BookingExport{EventID: event, Status: status}, pages: make(chan exportedPage, 1)}
	e.ctx, e.end = context.WithTimeout(x.closed, exportMax)
	var err error
	e.what.Until, err = x.office.BeginExport(ctx, event)
	if err == nil {
		first := e.readPage(ctx, nil)
		e.pages <- first
		err = first.err
	}
	if err != nil {
		_ = e.Close()
		return nil, err
	}
	e.rest = []byte(bookingsCSVHeader)
	return e, nil
}

func (e *export) readPage(ctx context.Context, after *eventra.Cursor) (p exportedPage) {
	p.bookings, p.next, p.err = e.of.office.ExportBookings(ctx, e.what, after, exportPage)
	return p
}

// Read implements io.Reader. After an error other than io.EOF the connection ends without the
// end of the body, so that the client sees that the export is not complete.
func (e *export) Read(b []byte) (int, error) {
	for len(e.rest) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		e.err = e.nextPage()
	}
	n := copy(b, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// nextPage encodes a page, and lets the one after it be read meanwhile. io.EOF after the last.
func (e *export) nextPage() error {
	page := <-e.pages
	e.reads = false
	if page.err == nil && e.of.denied.Denied(&e.caller.AccessTokenID) {
		page.err = errCallerEnded
	}
	if page.err != nil {
		e.of.log.Warn("an export was cut off", "requestId", e.request, "eventId", e.what.EventID.String(), "error", page.err)
		return page.err
	}
	e.rest = e.room[:0]
	for i := range page.bookings {
		e.rest = appendBookingCSV(e.rest, &page.bookings[i])
	}
	e.room = e.rest
	_ = e.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // a connection that has ended is found out by its use
	if page.next == nil {
		return io.EOF
	}
	e.reads = true
	go func() { e.pages <- e.readSlowly(page.next) }()
	return nil
}

// readSlowly reads a page, after a rest if a sale needs the CPUs.
func (e *export) readSlowly(after *eventra.Cursor) exportedPage {
	e.of.pace.wait(e.ctx.Done())
	start := time.Now()
	page := e.readPage(e.ctx, after)
	e.of.pace.spend(time.Since(start), 1, len(e.room))
	return page
}

// Close implements io.Closer. It waits for the page that is being read.
func (e *export) Close() error {
	e.end()
	if e.reads {
		<-e.pages
		e.reads = false
	}
	e.of.leave()
	return nil
}

// @ID exportBookings
// @Summary Export an event's bookings
// @Description As CSV (RFC 4180, UTF-8), oldest first: a header, and one line for each item of each booking that was made before the export began. Prices are in minor units. A cell that a spreadsheet would take for a formula begins with an apostrophe. The answer has no known length: if it ends without its last chunk, it is not complete. It comes more slowly while a rush needs this instance, and is cut off after half an hour, or when its client reads nothing for half a minute.
// @Tags back office
// @Security BearerAuth
// @Security KeyAuth
// @Produce text/csv
// @Param eventId path string true "Event" format(uuid)
// @Param status query string false "Status; CONFIRMED for the list at the door" Enums(HELD, CONFIRMED, EXPIRED, CANCELLED, REFUNDED)
// @Success 200 {string} string "The bookings"
// @Header 200 {string} Content-Disposition "attachment, with the name of a file"
// @Failure 400 {object} Problem "malformed_request: not valid HTTP, or the answer needs HTTP/1.1; malformed_body: a body, where none is taken"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN or an API key; scope_missing: the key needs reports:read"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/admin/events/{eventId}/bookings.csv [get]
func (s *Server) exportBookings(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	q := query{c: c}
	status := q.bookingStatus()
	if err := q.faults.Err(); err != nil {
		return err
	}
	if !c.Request().Header.IsHTTP11() {
		return eventra.Errorf(codeMalformedRequest, "the answer has no known length, which needs HTTP/1.1")
	}
	admission.ReleaseSlot(c.Context().Conn())
	e, err := s.exports.begin(c.UserContext(), id, status)
	if err != nil {
		return err
	}
	e.conn, e.caller, e.request = c.Context().Conn(), callerOf(c), requestID(c)
	c.Set(fiber.HeaderContentType, mimeCSV)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="bookings-`+id.String()+`.csv"`)
	c.Context().SetBodyStream(e, -1)
	return nil
}
