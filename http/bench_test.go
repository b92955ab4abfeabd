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
func benchServer(b *testing.B, out io.Writer) (*testServer, fasthttp.RequestHandler) {
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

// BenchmarkHold measures what this layer adds to an accepted and to a refused hold.
func BenchmarkHold(b *testing.B) {
	seat := eventra.Seat{Section: "A", Row: "1", Number: 1, Price: eventra.Money{Amount: 1500, Currency: "EUR"}}
	for name, err := range map[string]error{
		"accepted": nil,
		"refused":  &eventra.Error{Code: eventra.CodeSeatsUnavailable, Message: "taken", Seats: []string{"A-1-1"}},
	} {
		b.Run(name, func(b *testing.B) {
			ts, handle := benchServer(b, io.Discard)
			ts.fakes.hold = func(_ context.Context, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
				if err != nil {
					return nil, err
				}
				return &eventra.Booking{ID: cmd.BookingID, Status: eventra.BookingHeld, Seats: []eventra.BookedSeat{{Seat: seat}}, Total: seat.Price}, nil
			}
			user := &eventra.User{ID: newID(), Role: eventra.RoleUser}
			token, tokenErr := ts.server.accessTokens.Issue(user, newID(), time.Now())
			require.NoError(b, tokenErr)
			var ctx fasthttp.RequestCtx
			b.ReportAllocs()
			for b.Loop() {
				ctx.Request.Reset()
				ctx.Response.Reset()
				ctx.Request.Header.SetMethod("POST")
				ctx.Request.SetRequestURI("/api/v1/bookings")
				ctx.Request.Header.Set("Authorization", "Bearer "+token)
				ctx.Request.Header.SetContentType("application/json")
				ctx.Request.SetBodyString(`{"eventId":"01900000-0000-7000-8000-0000000000e1","seats":["A-1-1"]}`)
				handle(&ctx)
			}
			require.Contains(b, []int{201, 409}, ctx.Response.StatusCode())
		})
	}
}
