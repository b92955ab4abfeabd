package postgres

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// fill inserts rows like those of a busy year: most bookings have ended, a few are
// live.
func fill(t *testing.T, conn *pgx.Conn, events, seatsEach, bookings int) {
	t.Helper()
	counts := strings.NewReplacer("{events}", strconv.Itoa(events), "{seats}", strconv.Itoa(seatsEach), "{bookings}", strconv.Itoa(bookings))
	for _, sql := range []string{
		`INSERT INTO events (id, status, hold_seconds, max_seats_per_booking, title, venue, starts_at, timezone, details_version)
		SELECT md5('event' || e)::uuid, 'PUBLISHED', 600, 10, 'A show', 'A hall', now(), 'UTC', 1 FROM generate_series(1, {events}) e`,
		`INSERT INTO categories (event_id, no, name) SELECT md5('event' || e)::uuid, n, 'category ' || n FROM generate_series(1, {events}) e, generate_series(1, 20) n`,
		`INSERT INTO ticket_types (event_id, no, name, is_default, min_per_booking, max_per_booking)
		SELECT event_id, no, 'type ' || no, false, 1, 10 FROM categories`,
		`INSERT INTO seats (event_id, seat_no, section, row_label, number, amount, currency, version)
		SELECT md5('event' || e)::uuid, s, 'A', 'r' || s / 20, s % 20 + 1, 1000, 'EUR', 1
		FROM generate_series(1, {events}) e, generate_series(0, {seats} - 1) s`,
		`INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, ended_at)
		SELECT md5('booking' || b)::uuid, md5('event' || b % {events} + 1)::uuid, md5('user' || b % 1000)::uuid,
			CASE WHEN b % 20 = 1 THEN 'HELD' ELSE 'EXPIRED' END, 1000, 'EUR', now() + (b - 100) * interval '1 second',
			now() - b * interval '1 second', CASE WHEN b % 20 = 1 THEN NULL ELSE now() END
		FROM generate_series(1, {bookings}) b`,
		`INSERT INTO booking_metadata (booking_id, metadata) SELECT id, '{"order": "4711"}' FROM bookings`,
		`INSERT INTO sections (event_id, no, name, capacity, amount, version)
		SELECT md5('event' || e)::uuid, s, 'F' || s, 1000, 1000, 1 FROM generate_series(1, {events}) e, generate_series(0, 9) s`,
		`INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live)
		SELECT id, event_id, row_number() OVER (PARTITION BY event_id) - 1, 0, 1000, status = 'HELD' FROM bookings`,
		`INSERT INTO payments (id, booking_id, event_id, user_id, method, amount, currency, status, grace_until, created_at, updated_at)
		SELECT id, id, event_id, user_id, 'mock', 1000, 'EUR', CASE WHEN random() < 0.01 THEN 'PENDING' ELSE 'FAILED' END,
			created_at, created_at, created_at FROM bookings`,
		`INSERT INTO mock_charges (payment_id, event_id, status) SELECT id, event_id, 'VOIDED' FROM payments`,
		`INSERT INTO refunds (id, payment_id, booking_id, event_id, n, amount, items, released, reason, status, created_at, ended_at, mail_due_at)
		SELECT id, id, booking_id, event_id, 1, amount, '{1}', false, '', 'SUCCEEDED', created_at, created_at, created_at FROM payments`,
		`INSERT INTO outbox (booking_id, created_at, due_at, sent_at)
		SELECT id, created_at, created_at, CASE WHEN random() < 0.01 THEN NULL ELSE now() END FROM bookings`,
		`INSERT INTO notices (booking_id, kind, about, event_id, created_at, due_at, sent_at)
		SELECT booking_id, 'cancelled', booking_id, md5('event' || n % {events})::uuid, created_at, due_at, sent_at
		FROM (SELECT *, row_number() OVER () AS n FROM outbox) AS told`,
		`INSERT INTO idempotency_keys (user_id, route, key, request_hash, resource_id, locked_until, created_at)
		SELECT user_id, 'POST /api/v1/bookings', id::text, '', id, now(), now() - random() * interval '24.5 hours' FROM bookings`,
		`INSERT INTO denied_tokens (access_id, expires_at, denied_at)
		SELECT id, now() + random() * interval '15 minutes', now() - random() * interval '15 minutes' FROM bookings`,
	} {
		_, err := conn.Exec(t.Context(), counts.Replace(sql))
		require.NoError(t, err)
	}
}

// fillCancellations inserts events that were cancelled, most of them long ago.
func fillCancellations(t *testing.T, conn *pgx.Conn, events int) {
	t.Helper()
	_, err := conn.Exec(t.Context(), `
		WITH cancelled AS (
			INSERT INTO events (id, status, hold_seconds, max_seats_per_booking, title, venue, starts_at, timezone, details_version)
			SELECT md5('cancelled' || e)::uuid, 'CANCELLED', 600, 10, 'A show', 'A hall', now(), 'UTC', 1 FROM generate_series(1, $1::int) e
			RETURNING id)
		INSERT INTO cancellations (event_id, reason, started_at, due_at, finished_at, settled_at)
		SELECT id, 'rain', now(), now(), ended, ended
		FROM (SELECT id, CASE WHEN row_number() OVER () > 10 THEN now() END AS ended FROM cancelled) AS c`, events)
	require.NoError(t, err)
}

// The planner has its default settings here, not those of this package.
func TestQueries_UseTheirIndexes(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), persistencetest.NewDatabase(t))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	fill(t, conn, 50, 1000, 40_000)
	fillCancellations(t, conn, 2000)
	_, err = conn.Exec(t.Context(), "ANALYZE")
	require.NoError(t, err)
	var user, event, booking eventra.ID
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT user_id, event_id, id FROM bookings WHERE status = 'HELD' LIMIT 1`).
		Scan(&user, &event, &booking))
	now := time.Now()
	purging := []any{100, int64(0), now.Add(-time.Hour), eventra.ID{}, []eventra.PaymentStatus{eventra.PaymentDeclined}}

	for name, c := range map[string]struct {
		index string
		sql   string
		args  []any
	}{
		"holds that are due":     {"bookings_due", holdsDueSQL, []any{int64(0), 100}},
		"holds of cancelled":     {"cancellations_due", holdsDueSQL, []any{int64(0), 100}},
		"a user's bookings":      {"bookings_of_user", userBookingsSQL, []any{user, "", nil, now, eventra.ID{}, 21}},
		"payments to end":        {"payments_open", claimOpenPaymentsSQL, []any{int64(0), int64(0), int64(0), 100}},
		"a booking's payments":   {"payments_of_booking", bookingPaymentsSQL, []any{booking, now, eventra.ID{}, 21}},
		"mails that are due":     {"outbox_due", ticketsDueSQL, []any{100, int64(0)}},
		"notices that are due":   {"notices_due", noticesDueSQL, []any{100, int64(0)}},
		"an activation's seats":  {"seats_pkey", readSeatsSQL, []any{event}},
		"the live bookings":      {"bookings_of_event_by_time", readLiveSQL, []any{event}},
		"their items":            {"booking_seats_one_live", readLiveItemsSQL, []any{event}},
		"a booking's items":      {"booking_seats_pkey", bookingItemsSQL, []any{booking, false}},
		"bookings' items":        {"booking_seats_pkey", bookingsByIDSQL, []any{uuids{uuid(booking)}}},
		"old idempotency keys":   {"idempotency_keys_age", purgeSQL[0], []any{100}},
		"ended bookings":         {"bookings_ended", purgeBookingsSQL, purging},
		"their payments":         {"payments_of_booking", purgeBookingsSQL, purging},
		"their items' rows":      {"booking_seats_pkey", purgeBookingsSQL, purging},
		"their voided charges":   {"mock_charges_pkey", purgeBookingsSQL, purging},
		"mails that ended":       {"outbox_pkey", purgeOutboxSQL, []any{100, int64(0), firstIDAt(now)}},
		"tokens denied lately":   {"denied_tokens_since", deniedSinceSQL, []any{now.Add(-5 * time.Second)}},
		"tokens that have ended": {"denied_tokens_age", purgeSQL[3], []any{100}},
	} {
		plan := explain(t, conn, c.sql, c.args...)
		require.True(t, plan.uses(c.index), "%s: %s is not used in %s", name, c.index, plan.text)
		require.False(t, plan.scansAll(), "%s: reads a whole table: %s", name, plan.text)
	}
}

// plan is the tree of steps that Postgres would take.
type plan struct {
	text  string
	nodes []planNode
}

type planNode struct {
	NodeType   string     `json:"Node Type"`
	IndexName  string     `json:"Index Name"`
	IndexCond  string     `json:"Index Cond"`
	JoinFilter string     `json:"Join Filter"`
	Plans      []planNode `json:"Plans"`
}

func explain(t *testing.T, conn *pgx.Conn, sql string, args ...any) plan {
	t.Helper()
	var text string
	require.NoError(t, conn.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+sql, args...).Scan(&text))
	var roots []struct{ Plan planNode }
	require.NoError(t, json.Unmarshal([]byte(text), &roots))
	p := plan{text: text}
	var flatten func(planNode)
	flatten = func(n planNode) {
		p.nodes = append(p.nodes, n)
		for _, child := range n.Plans {
			flatten(child)
		}
	}
	flatten(roots[0].Plan)
	return p
}

func (p plan) uses(index string) bool {
	for _, n := range p.nodes {
		if n.IndexName == index {
			return true
		}
	}
	return false
}

func (p plan) scansAll() bool {
	for _, n := range p.nodes {
		if n.NodeType == "Seq Scan" {
			return true
		}
	}
	return false
}
