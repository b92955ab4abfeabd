package http

import (
	"context"
	"strconv"
	"sync/atomic"
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

// There is one bound on the holds that wait, whatever they wait for.
func TestServer_BoundsHoldsThatWaitForAStore(t *testing.T) {
	const holdsMax, others = 4, 60
	for name, slow := range map[string]func(ts *testServer, wait func()){
		"for the claim of a key": func(ts *testServer, wait func()) {
			ts.fakes.beforeBegin = wait
			ts.fakes.hold = func(_ context.Context, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
				if cmd.Attempt != nil {
					return nil, eventra.ErrClaimKeyFirst
				}
				return nil, eventra.Errorf(eventra.CodeNotEnoughSeats, "sold out")
			}
		},
		"for a look at the account": func(ts *testServer, wait func()) { ts.fakes.beforeUserExists = wait },
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t, func(c *Config) { c.HoldsMax = holdsMax })
			caller, err := ts.server.accessTokens.Verify(ts.userToken)
			require.NoError(t, err)
			caller.KnownToExist.Store(false)
			var entered atomic.Int64
			goOn := make(chan struct{})
			slow(ts, func() {
				if entered.Add(1) <= holdsMax {
					<-goOn
				}
			})
			answers := make(chan answer, holdsMax+others)
			for i := range holdsMax + others {
				go func() {
					answers <- ts.send("POST", "/api/v1/bookings", ts.userToken, `{"eventId":"`+ts.published+`","seats":["A-1-1"]}`, "Idempotency-Key: k"+strconv.Itoa(i))
				}()
			}
			for range others {
				ts.problem(<-answers, 503, eventra.CodeOverloaded)
			}
			require.EqualValues(t, holdsMax, entered.Load())
			ts.ok(200, "GET", "/healthz", "", "")
			close(goOn)
			for range holdsMax {
				require.NotEqual(t, 503, (<-answers).StatusCode)
			}
			require.Zero(t, ts.server.holding.Load())
		})
	}
}
