package http

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestTheGateLetsFewInAndTurnsACrowdAway(t *testing.T) {
	t.Parallel()
	g := &gate{slots: make(chan struct{}, 1)}
	require.True(t, g.enter())
	var entered sync.WaitGroup
	for range gateWaitingMax {
		entered.Go(func() {
			require.True(t, g.enter(), "who waits has a turn")
			g.leave()
		})
	}
	require.Eventually(t, func() bool { return g.waiting.Load() == gateWaitingMax }, 5*time.Second, time.Millisecond)
	require.False(t, g.enter(), "nobody waits beyond the crowd")
	g.leave()
	entered.Wait()
	require.True(t, g.enter())
	require.Zero(t, g.waiting.Load())
}

func TestASlotIsGivenBackOnce(t *testing.T) {
	t.Parallel()
	g := &gate{slots: make(chan struct{}, 2)}
	c := &connection{door: &door{gate: g}}
	c.enterGate()
	c.leaveGate()
	c.leaveGate()
	require.Empty(t, g.slots)
}

// More holds than may wait are turned away at once, and nobody else is.
func TestACrowdIsTurnedAway(t *testing.T) {
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
