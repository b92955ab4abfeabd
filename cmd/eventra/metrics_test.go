package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"
)

func TestMetrics_SayWhatAnOperatorAsks(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 2, nil)
	token, _ := p.user()
	require.Equal(t, 201, p.hold(token, event, "A-1-1").status)
	require.Equal(t, 409, p.hold(token, event, "A-1-1").status)
	var text []byte
	read := func() string {
		text = p.must(200, "GET", "/metrics", "", nil).raw
		return string(text)
	}
	eventually(t, 20*time.Second, "the backlog", func() bool { return strings.Contains(read(), `eventra_mail_queue_jobs{state="dead"} 0`) })
	for _, series := range []string{
		`eventra_http_problems_total{code="seats_unavailable"} 1`, "eventra_http_holds_waiting 0", "eventra_event_queue_requests 0",
		"eventra_active_events 1", "eventra_members 1", "eventra_lease_seconds 2", `eventra_breaker_open{store="mongo"} 0`,
		`eventra_breaker_open{store="postgres"} 0`, `eventra_breaker_open{store="redis"} 0`, `eventra_postgres_connections{state="idle"}`,
		"eventra_postgres_connections_max 16", "eventra_postgres_connection_wait_seconds_total", "eventra_outbox_mails 0",
		"eventra_contended_changes_total 0", "eventra_build_info{goversion=",
	} {
		require.Contains(t, string(text), series)
	}
	faults, err := promlint.New(bytes.NewReader(text)).Lint()
	require.NoError(t, err)
	require.Empty(t, faults)
}
