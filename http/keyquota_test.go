package http

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestKeyQuota_BoundsTheKeysOfAUser(t *testing.T) {
	ts := newTestServer(t, limits(rateKeys, 3))
	hold := func(token, key string) answer {
		return ts.send("POST", "/api/v1/bookings", token, ts.fill(`{"eventId":"{event}","seats":["A-1-1"]}`), headerIdempotencyKey+": "+key)
	}
	var bodies []string
	for i := range 3 {
		a := hold(ts.userToken, fmt.Sprint("key", i))
		require.Equal(t, 201, a.StatusCode, a.body)
		bodies = append(bodies, a.body)
	}
	for range 2 {
		a := hold(ts.userToken, "new")
		ts.problem(a, 429, eventra.CodeRateLimited)
	}
	for i, body := range bodies { // a client that lost an answer still gets it
		a := hold(ts.userToken, fmt.Sprint("key", i))
		require.Equal(t, 201, a.StatusCode, a.body)
		require.Equal(t, "true", a.Header.Get(headerIdempotencyReplayed))
		require.Equal(t, body, a.body)
	}
	ts.problem(ts.send("POST", "/api/v1/bookings", ts.userToken, ts.fill(`{"eventId":"{event}","seats":["A-1-2"]}`), headerIdempotencyKey+": key0"),
		422, eventra.CodeIdempotencyKeyReused)
	require.Equal(t, 201, hold(ts.otherToken, "new").StatusCode)
	ts.ok(201, "POST", "/api/v1/bookings", ts.userToken, ts.fill(`{"eventId":"{event}","seats":["A-1-1"]}`))
}

func TestKeyQuota_CountsWhatIsStored(t *testing.T) {
	ts := newTestServer(t, limits(rateKeys, 12))
	event := strings.Replace(validEvent, `"description":""`, `"description":"`+strings.Repeat("x", 10_000)+`"`, 1)
	create := func(key string) answer {
		return ts.send("POST", "/api/v1/events", ts.adminToken, event, headerIdempotencyKey+": "+key)
	}
	require.Equal(t, 201, create("1").StatusCode)
	require.Equal(t, 201, create("2").StatusCode)
	ts.problem(create("3"), 429, eventra.CodeRateLimited)
	require.Equal(t, 201, create("1").StatusCode)
}
