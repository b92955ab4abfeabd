package http

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func probes(required, optional error) func(*Config) {
	return func(c *Config) {
		c.Probes = []Probe{
			{Name: "postgres", Required: true, Check: func(context.Context) error { return required }},
			{Name: "mongo", Check: func(context.Context) error { return optional }},
		}
	}
}

func TestReadiness_Dependencies(t *testing.T) {
	down := errors.New("dial tcp 10.1.2.3: refused")
	for name, c := range map[string]struct {
		required, optional error
		status             int
		body               string
	}{
		"all up":           {nil, nil, 200, `{"status":"ready","checks":{"mongo":{"status":"up","required":false},"postgres":{"status":"up","required":true}}}`},
		"optional is down": {nil, down, 200, `{"status":"ready","checks":{"mongo":{"status":"down","required":false},"postgres":{"status":"up","required":true}}}`},
		"required is down": {down, nil, 503, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ts := newTestServer(t, probes(c.required, c.optional))
			a := ts.send("GET", "/readyz", "", "")
			require.NotContains(t, a.body, "10.1.2.3")
			if c.status == 200 {
				require.JSONEq(t, c.body, a.body)
				return
			}
			p := ts.problem(a, 503, eventra.CodeUnavailable)
			require.Equal(t, map[string]Check{"postgres": {"down", true}, "mongo": {"up", false}}, p.Checks)
			require.Contains(t, ts.logged(), "10.1.2.3")
		})
	}
}

func TestReadiness_WhileStarting(t *testing.T) {
	ts := newTestServer(t)
	ts.server.ready.Store(false)
	for _, path := range []string{"/readyz", "/api/v1/events"} {
		require.Equal(t, "starting", ts.problem(ts.send("GET", path, "", ""), 503, eventra.CodeUnavailable).Detail)
	}
	ts.server.Waits("a database")
	require.Equal(t, "starting: a database", ts.problem(ts.send("GET", "/readyz", "", ""), 503, eventra.CodeUnavailable).Detail)
	ts.ok(200, "GET", "/healthz", "", "")
}

func TestReadiness_ProbesAtOnceAndNotTooOften(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	stuck := make(chan struct{})
	defer close(stuck)
	slow := func(context.Context) error { asked.Add(1); <-stuck; return nil }
	r := newReadiness([]Probe{{Name: "a", Check: slow}, {Name: "b", Required: true, Check: slow}}, slog.New(slog.DiscardHandler))
	start := time.Now()
	checks, ok := r.checks(t.Context())
	require.False(t, ok)
	require.Equal(t, map[string]Check{"a": {"down", false}, "b": {"down", true}}, checks)
	require.Less(t, time.Since(start), 2*probeTimeout)
	r.checks(t.Context())
	require.EqualValues(t, 2, asked.Load())
}
