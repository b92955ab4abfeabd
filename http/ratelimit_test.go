package http

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func limits(class string, n int) func(*Config) {
	return func(c *Config) { c.RateLimits = map[string]RateLimit{class: {n, 24 * time.Hour}} }
}

func TestRateLimit_Classes(t *testing.T) {
	for _, c := range []struct{ class, method, path, who string }{
		{rateAuth, "POST", "/api/v1/auth/login", ""},
		{rateReads, "GET", "/api/v1/events", ""},
		{rateReads, "GET", "/api/v1/bookings", "user"},
		{rateBookings, "POST", "/api/v1/bookings", "user"},
		{rateBookings, "DELETE", "/api/v1/bookings/{booking}", "user"},
		{rateBookings, "POST", "/api/v1/bookings/{booking}/payments", "user"},
		{rateWrites, "POST", "/api/v1/events", "admin"},
	} {
		t.Run(c.class+" "+c.path, func(t *testing.T) {
			ts := newTestServer(t, limits(c.class, 2))
			for i := range 4 {
				a := ts.send(c.method, ts.fill(c.path), ts.token(c.who), "")
				require.Equal(t, "2", a.Header.Get("RateLimit-Limit"))
				require.Equal(t, []string{"1", "0", "0", "0"}[i], a.Header.Get("RateLimit-Remaining"))
				reset, err := strconv.Atoi(a.Header.Get("RateLimit-Reset"))
				require.NoError(t, err)
				require.True(t, reset >= 1 && reset <= 86400)
				if i < 2 {
					require.NotEqual(t, 429, a.StatusCode)
					continue
				}
				ts.problem(a, 429, eventra.CodeRateLimited)
				require.InDelta(t, reset, must(strconv.Atoi(a.Header.Get("Retry-After"))), 1)
			}
		})
	}
}

func must(n int, err error) int {
	if err != nil {
		panic(err)
	}
	return n
}

func TestRateLimit_CountsEachCaller(t *testing.T) {
	ts := newTestServer(t, limits(rateReads, 1))
	ts.ok(200, "GET", "/api/v1/events", "", "")
	ts.problem(ts.send("GET", "/api/v1/events", "", ""), 429, eventra.CodeRateLimited)
	ts.ok(200, "GET", "/api/v1/events", ts.userToken, "")
	ts.problem(ts.send("GET", "/api/v1/events", ts.userToken, ""), 429, eventra.CodeRateLimited)
	ts.ok(200, "GET", "/api/v1/events", ts.otherToken, "")
	_, a := ts.ok(200, "GET", "/healthz", "", "")
	require.Empty(t, a.Header.Get("RateLimit-Limit"))
}

func TestRateLimit_Reset(t *testing.T) {
	t.Parallel()
	minute := RateLimit{1, time.Minute}
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	require.Equal(t, time.Minute, minute.reset(at))
	require.Equal(t, 500*time.Millisecond, minute.reset(at.Add(59500*time.Millisecond)))
	require.Equal(t, 1, wholeSeconds(500*time.Millisecond))
	require.Equal(t, 2, wholeSeconds(2*time.Second))
}

func TestServer_ForwardedFor(t *testing.T) {
	t.Parallel()
	s := &Server{cfg: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for _, c := range [][3]string{
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "1.2.3.4", "1.2.3.4"},
		{"10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"},
		{"10.0.0.1", "6.6.6.6, 1.2.3.4, 10.9.9.9", "1.2.3.4"},
		{"10.0.0.1", "nonsense, 10.9.9.9", "10.9.9.9"},
		{"10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4"},
		{"9.9.9.9", "1.2.3.4", "9.9.9.9"},
		{"::1", "2001:db8::1", "2001:db8::1"},
	} {
		require.Equal(t, c[2], s.forwardedFor(netip.MustParseAddr(c[0]), c[1]).String(), c)
	}
}

func TestServer_BelievesTrustedProxiesOnly(t *testing.T) {
	for name, c := range map[string]struct {
		trust  []netip.Prefix
		status int
	}{"trusted": {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, 200}, "not trusted": {nil, 429}} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t, limits(rateReads, 1), func(cfg *Config) { cfg.TrustedProxies = c.trust })
			ts.ok(200, "GET", "/api/v1/events", "", "", "X-Forwarded-For: 1.2.3.4")
			require.Equal(t, c.status, ts.send("GET", "/api/v1/events", "", "", "X-Forwarded-For: 1.2.3.5").StatusCode)
			require.Equal(t, 429, ts.send("GET", "/api/v1/events", "", "", "X-Forwarded-For: 1.2.3.4").StatusCode)
		})
	}
}

func TestRateLimit_CountsIPv6ByNetwork(t *testing.T) {
	ts := newTestServer(t, limits(rateReads, 1), func(cfg *Config) { cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	ts.ok(200, "GET", "/api/v1/events", "", "", "X-Forwarded-For: 2001:db8::1")
	require.Equal(t, 429, ts.send("GET", "/api/v1/events", "", "", "X-Forwarded-For: 2001:db8::2").StatusCode)
	ts.ok(200, "GET", "/api/v1/events", "", "", "X-Forwarded-For: 2001:db8:0:1::1")
}
