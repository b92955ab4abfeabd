package http

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
)

// benchServer is a server whose services do no work.
func benchServer(b testing.TB, out io.Writer) (*testServer, fasthttp.RequestHandler) {
	ts := &testServer{fakes: newFakes(), log: &logBuffer{}}
	cfg := ts.config()
	cfg.Log, cfg.Metrics, cfg.PasswordCost = slog.New(slog.NewJSONHandler(out, nil)), prometheus.NewRegistry(), bcrypt.MinCost
	var err error
	ts.server, err = NewServer(cfg)
	require.NoError(b, err)
	ts.server.Ready()
	b.Cleanup(func() { require.NoError(b, ts.server.Shutdown(context.Background())) })
	return ts, ts.server.app.Server().Handler
}

// holds is a client that asks for the same seat over and over.
type holds struct {
	ctx         fasthttp.RequestCtx
	server      *Server
	handle      fasthttp.RequestHandler
	token       string
	traceparent string
}

// newHolds makes a client whose holds are all accepted, or all refused with an error.
func newHolds(b testing.TB, log io.Writer, refusal error) *holds {
	seat := eventra.Seat{Section: "A", Row: "1", Number: 1, Price: eventra.Money{Amount: 1500, Currency: "EUR"}}
	ts, handle := benchServer(b, log)
	ts.fakes.hold = func(_ context.Context, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
		if refusal != nil {
			return nil, refusal
		}
		return &eventra.Booking{ID: cmd.BookingID, Status: eventra.BookingHeld, Items: []eventra.Item{eventra.NewItem(0, &seat, "A")}, Total: seat.Price}, nil
	}
	user := &eventra.User{ID: newID(), Role: eventra.RoleUser}
	token, err := ts.server.accessTokens.Issue(user, newID(), time.Now())
	require.NoError(b, err)
	return &holds{server: ts.server, handle: handle, token: token}
}

func (h *holds) ask() (status int) {
	h.ctx.Request.Reset()
	h.ctx.Response.Reset()
	h.ctx.Request.Header.SetMethod("POST")
	h.ctx.Request.SetRequestURI("/api/v1/bookings")
	h.ctx.Request.Header.Set("Authorization", "Bearer "+h.token)
	h.ctx.Request.Header.SetContentType("application/json")
	if h.traceparent != "" {
		h.ctx.Request.Header.Set(headerTraceparent, h.traceparent)
	}
	h.ctx.Request.SetBodyString(`{"eventId":"01900000-0000-7000-8000-0000000000e1","seats":["A-1-1"]}`)
	h.handle(&h.ctx)
	return h.ctx.Response.StatusCode()
}

var seatTaken = &eventra.Error{Code: eventra.CodeSeatsUnavailable, Message: "taken", Seats: []string{"A-1-1"}}

// BenchmarkHold measures what this layer adds to an accepted and to a refused hold.
func BenchmarkHold(b *testing.B) {
	for name, refusal := range map[string]error{"accepted": nil, "refused": seatTaken} {
		b.Run(name, func(b *testing.B) {
			client := newHolds(b, io.Discard, refusal)
			b.ReportAllocs()
			for b.Loop() {
				client.ask()
			}
			require.Contains(b, []int{201, 409}, client.ctx.Response.StatusCode())
		})
	}
}
