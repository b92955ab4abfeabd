package postgres_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

func TestMigrate_RunsOnManyInstancesAtOnce(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewEmptyDatabase(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := postgres.Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	applied, err := postgres.Migrate(t.Context(), url)
	require.NoError(t, err)
	require.Empty(t, applied, "nothing is left to do")
	newSale(t, openAt(t, url), 20).hold(t, 1)
}

const (
	eventA, eventB     = "'00000000-0000-0000-0000-00000000000a'", "'00000000-0000-0000-0000-00000000000b'"
	bookingA, bookingB = "'00000000-0000-0000-0000-0000000000aa'", "'00000000-0000-0000-0000-0000000000bb'"
	paymentA, paymentB = "'00000000-0000-0000-0000-000000000aaa'", "'00000000-0000-0000-0000-000000000bbb'"

	insertEvent = `INSERT INTO events (id, status, hold_seconds, max_seats_per_booking, title, venue, starts_at, timezone, details_version) VALUES `
	insertSeat  = `INSERT INTO seats (event_id, seat_no, section, row_label, number, amount, currency, version) VALUES `
	insertBook  = `INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at) VALUES `
	insertList  = `INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live) VALUES `
	insertPay   = `INSERT INTO payments (id, booking_id, event_id, user_id, method, amount, currency, status, grace_until, created_at, updated_at) VALUES `
	insertUser  = `INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES `

	scene = insertEvent + `(` + eventA + `, 'PUBLISHED', 600, 10, 't', 'v', now(), 'UTC', 1);` +
		insertSeat + `(` + eventA + `, 0, 'A', '1', 1, 100, 'EUR', 1), (` + eventA + `, 1, 'A', '1', 2, 100, 'EUR', 1);` +
		insertBook + `(` + bookingA + `, ` + eventA + `, ` + eventB + `, 'HELD', 100, 'EUR', now(), now()), (` +
		bookingB + `, ` + eventA + `, ` + eventB + `, 'HELD', 100, 'EUR', now(), now());` +
		insertList + `(` + bookingA + `, ` + eventA + `, 0, 0, 100, true);` +
		insertPay + `(` + paymentA + `, ` + bookingA + `, ` + eventA + `, ` + eventB + `, 'mock', 100, 'EUR', 'PENDING', now(), now(), now());` +
		insertUser + `(` + eventA + `, 'ada@example.org', 'Ada', 'USER', '', now())`
)

// Each case is what a faulty writer might do, and the rule of the schema that stops
// it.
func TestSchema_RefusesWrongStates(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), persistencetest.NewDatabase(t))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), scene)
	require.NoError(t, err)

	to := func(status, more string) string {
		return `UPDATE bookings SET status = '` + status + `'` + more + ` WHERE id = ` + bookingA
	}
	over, paid := `, ended_at = now()`, `, confirmed_at = now(), payment_id = `+paymentA
	for name, c := range map[string]struct{ rule, sql string }{
		"a seat in two live bookings":      {"booking_seats_one_live", insertList + `(` + bookingB + `, ` + eventA + `, 0, 0, 100, true)`},
		"two items at one position":        {"booking_seats_pkey", insertList + `(` + bookingA + `, ` + eventA + `, 1, 0, 100, false)`},
		"an item of nothing":               {"booking_seats_is_something", insertList + `(` + bookingA + `, ` + eventA + `, NULL, 1, 100, false)`},
		"a seat taken by nobody":           {"seats_taken_iff_booking", `UPDATE seats SET status = 'HELD'`},
		"a free seat that is somebody's":   {"seats_taken_iff_booking", `UPDATE seats SET booking_id = ` + bookingA},
		"an unknown seat status":           {"seats_status_known", `UPDATE seats SET status = 'SOLD', booking_id = ` + bookingA},
		"two seats of one name":            {"seats_name_unique", insertSeat + `(` + eventA + `, 2, 'A', '1', 2, 100, 'EUR', 1)`},
		"two seats of one number":          {"seats_pkey", insertSeat + `(` + eventA + `, 1, 'A', '9', 2, 100, 'EUR', 1)`},
		"seats of no event":                {"seats_event_exists", insertSeat + `(` + eventB + `, 0, 'A', '1', 1, 100, 'EUR', 1)`},
		"a hold without a deadline":        {"", `UPDATE bookings SET expires_at = NULL`},
		"a confirmation without a payment": {"bookings_confirmed_is_paid", to("CONFIRMED", "")},
		"an end without a time":            {"bookings_ended_iff_over", to("EXPIRED", "")},
		"a live booking that has ended":    {"bookings_ended_iff_over", `UPDATE bookings SET ended_at = now()`},
		"a grace without a payment":        {"bookings_grace_has_payment", `UPDATE bookings SET paying_until = now()`},
		"a live booking that is replaced":  {"bookings_only_expired_replaced", `UPDATE bookings SET replaced_by = ` + bookingB},
		"two bookings of one reference":    {"bookings_reference", `UPDATE bookings SET reference_no = 1`},
		"two payments at once":             {"payments_one_pending", insertPay + `(` + paymentB + `, ` + bookingA + `, ` + eventA + `, ` + eventB + `, 'mock', 100, 'EUR', 'PENDING', now(), now(), now())`},
		"a payment for nothing":            {"payments_booking_exists", insertPay + `(` + paymentB + `, ` + eventA + `, ` + eventA + `, ` + eventB + `, 'mock', 100, 'EUR', 'PENDING', now(), now(), now())`},
		"two paid payments":                {"payments_one_succeeded", `UPDATE payments SET status = 'SUCCEEDED';` + insertPay + `(` + paymentB + `, ` + bookingA + `, ` + eventA + `, ` + eventB + `, 'mock', 100, 'EUR', 'SUCCEEDED', now(), now(), now())`},
		"a second account of an address":   {"users_email_unique", insertUser + `(` + eventB + `, 'ada@example.org', 'Eve', 'USER', '', now())`},
		"an address in capitals":           {"users_email_lower", insertUser + `(` + eventB + `, 'Eve@example.org', 'Eve', 'USER', '', now())`},
		"an invented role":                 {"users_role_known", `UPDATE users SET role = 'ROOT'`},
		"seats without a currency":         {"events_seats_have_currency", `UPDATE events SET seats_total = 5`},
		"a held booking that is refunded":  {"transition", to("REFUNDED", over+paid)},
		"an expired booking that is held":  {"transition", to("EXPIRED", over) + `;` + to("HELD", ", ended_at = NULL")},
		"an expired booking that is paid":  {"transition", to("EXPIRED", over) + `;` + to("CONFIRMED", paid+", ended_at = NULL")},
		"a cancelled booking that is paid": {"transition", to("CANCELLED", over) + `;` + to("CONFIRMED", paid+", ended_at = NULL")},
		"a paid booking that expires":      {"transition", to("CONFIRMED", paid) + `;` + to("EXPIRED", over)},
		"a refunded booking that is paid":  {"transition", to("CONFIRMED", paid) + `;` + to("REFUNDED", over) + `;` + to("CONFIRMED", ", ended_at = NULL")},
		"a token in clear":                 {"refresh_tokens_hash_length", `INSERT INTO sessions (id, user_id, expires_at) VALUES (` + eventA + `, ` + eventA + `, now()); INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ('secret', ` + eventA + `, now())`},
		"a void that moved money":          {"mock_charges_amount_unless_voided", `INSERT INTO mock_charges (payment_id, amount, currency, status) VALUES (` + paymentA + `, 100, 'EUR', 'VOIDED')`},
	} {
		_, err := conn.Exec(t.Context(), c.sql) // several statements are one transaction
		var refused *pgconn.PgError
		require.ErrorAs(t, err, &refused, name)
		if c.rule == "transition" {
			require.Equal(t, "EV002", refused.Code, name)
		} else {
			require.Equal(t, c.rule, refused.ConstraintName, name)
		}
	}
}
