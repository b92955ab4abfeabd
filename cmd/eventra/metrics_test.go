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
	eventually(t, 20*time.Second, "the busiest event", func() bool {
		return strings.Contains(read(), `eventra_hot_event_tickets{event="`+event+`",state="held"} 1`)
	})
	for _, series := range []string{
		`eventra_http_problems_total{code="seats_unavailable"} 1`, "eventra_http_holds_waiting 0", "eventra_event_queue_requests 0",
		"eventra_active_events 1", "eventra_members 1", "eventra_lease_seconds 2", `eventra_breaker_open{store="mongo"} 0`,
		`eventra_breaker_open{store="postgres"} 0`, `eventra_breaker_open{store="redis"} 0`, `eventra_postgres_connections{state="idle"}`,
		"eventra_postgres_connections_max 16", "eventra_postgres_connection_wait_seconds_total", "eventra_outbox_mails 0",
		"eventra_contended_changes_total 0", "eventra_build_info{goversion=", "eventra_ready 1", `eventra_dependency_up{dependency="postgres"} 1`,
		`eventra_hold_problems_total{code="seats_unavailable"} 1`, `eventra_hold_problems_total{code="unavailable"} 0`,
		`eventra_http_sheds_total{limit="room"} 0`, `eventra_http_slots{state="waiting"} 0`, "eventra_http_connections ", "eventra_evictions_total 0",
		`eventra_breaker_trips_total{store="redis"} 0`, `eventra_postgres_failures_total{reason="disk_full"} 0`, `eventra_redis_connections{state="idle"}`,
		"eventra_outbox_oldest_seconds 0", "eventra_payments_pending 0", "eventra_refunds_owed_oldest_seconds 0", "eventra_mail_queue_oldest_seconds 0",
		`eventra_cache_bytes{cache="access_tokens"}`, `eventra_cache_bytes{cache="replicas"} 0`, `eventra_batch_outcomes_total{outcome="stale_epoch"} 0`,
		`eventra_gateway_duration_seconds_count{call="charge",outcome="done"} 0`, "eventra_contradictory_events_total 0", "eventra_event_queue_refusals_total 0",
	} {
		require.Contains(t, string(text), series)
	}
	faults, err := promlint.New(bytes.NewReader(text)).Lint()
	require.NoError(t, err)
	require.Empty(t, faults)
	requireNamed(t, string(text))
}
