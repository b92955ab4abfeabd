package http

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// Only holds beyond the limit are shed.
func TestServer_ShedsHoldsBeyondTheLimit(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.HoldsMax = 1 })
	entered, goOn := make(chan struct{}), make(chan struct{})
	w.fakes.hold = func(context.Context, *eventra.HoldSeats) (*eventra.Booking, error) {
		close(entered)
		<-goOn
		return nil, eventra.Errorf(eventra.CodeNotEnoughSeats, "sold out")
	}
	body := `{"eventId":"` + w.published + `","seats":["A-1-1"]}`
	waiting := make(chan answer, 1)
	go func() { waiting <- w.send("POST", "/api/v1/bookings", w.userToken, body) }()
	<-entered
	for range 3 {
		p := w.problem(w.send("POST", "/api/v1/bookings", w.userToken, body, `X-Request-Id: "mine"`), 503, eventra.CodeOverloaded)
		require.Equal(t, `"mine"`, p.RequestID)
		w.ok(200, "GET", "/healthz", "", "")
	}
	require.NotContains(t, w.logged(), "request failed", "there would be thousands of lines")
	close(goOn)
	w.problem(<-waiting, 409, eventra.CodeNotEnoughSeats)
}
