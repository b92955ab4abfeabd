package http

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// Only holds beyond the limit are shed.
func TestServer_ShedsHoldsBeyondTheLimit(t *testing.T) {
	ts := newTestServer(t, func(c *Config) { c.HoldsMax = 1 })
	entered, goOn := make(chan struct{}), make(chan struct{})
	ts.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		close(entered)
		<-goOn
		return nil, eventra.Errorf(eventra.CodeNotEnoughSeats, "sold out")
	}
	body := `{"eventId":"` + ts.published + `","seats":["A-1-1"]}`
	waiting := make(chan answer, 1)
	go func() { waiting <- ts.send("POST", "/api/v1/bookings", ts.userToken, body) }()
	<-entered
	for range 3 {
		p := ts.problem(ts.send("POST", "/api/v1/bookings", ts.userToken, body, `X-Request-Id: "mine"`), 503, eventra.CodeOverloaded)
		require.Equal(t, `"mine"`, p.RequestID)
		ts.ok(200, "GET", "/healthz", "", "")
	}
	require.NotContains(t, ts.logged(), "request failed", "there would be thousands of lines")
	close(goOn)
	ts.problem(<-waiting, 409, eventra.CodeNotEnoughSeats)
}
