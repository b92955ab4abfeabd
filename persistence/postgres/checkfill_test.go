package postgres

import (
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Of twenty bookings in a row, each is of another kind:
//
//	0        the successor of 19
//	1, 2     CONFIRMED after an attempt that was DECLINED or FAILED
//	3 to 10  CONFIRMED at the first attempt; where 5 had two tickets, one of them was refunded
//	11       HELD
//	12       HELD, past its deadline, with a payment running
//	13       EXPIRED
//	14       EXPIRED, paid late and refunded
//	15       EXPIRED after a failed payment, its seats sold again to 10
//	16       CANCELLED
//	17, 18   REFUNDED; some of 18 still wait for the money
//	19       EXPIRED, paid late, replaced by 0
const kindsOfBookings = 20

// fillAll fills a healthy database of events with bookings of every kind, and
// creates a function id(what, number) that names the rows: 'event', 'user',
// 'booking', 'payment' (the one that a booking notes) and 'attempt' (an earlier
// one). Each event gets a multiple of kindsOfBookings.
func fillAll(t testing.TB, conn *pgx.Conn, events, bookings int) {
	t.Helper()
	require.Zero(t, bookings%(events*kindsOfBookings))
	counts := strings.NewReplacer("{events}", strconv.Itoa(events), "{bookings}", strconv.Itoa(bookings),
		"{each}", strconv.Itoa(bookings/events), "{users}", strconv.Itoa(bookings/10))
	for _, sql := range fillAllSQL {
		_, err := conn.Exec(t.Context(), counts.Replace(sql))
		require.NoError(t, err, sql)
	}
}

var fillAllSQL = []string{
	`SET session_replication_role = replica; SET work_mem = '256MB'; SET statement_timeout = 0`,
	// Ids that grow with time, as the program makes them.
	`CREATE FUNCTION id(what text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
		SELECT (lpad(to_hex(1700000000000 + number * 10), 12, '0') || '70008' || substr(md5(what || number), 1, 15))::uuid $$`,
	`CREATE FUNCTION price(seat_no bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 1000 + seat_no % 7 * 100 $$`,
	// A booking has the seats from first on; number counts all bookings, first begins anew in each event.
	`CREATE TEMP TABLE planned AS
		SELECT *, id('booking', number) AS id, id('event', number / {each}) AS event_id,
			id('user', (number - CASE kind WHEN 19 THEN 19 ELSE 0 END) % {users}) AS user_id,
			now() - ({bookings} - number) * interval '1 second' - interval '1 day' AS created_at,
			CASE WHEN kind <= 10 THEN 'CONFIRMED' WHEN kind <= 12 THEN 'HELD' WHEN kind = 16 THEN 'CANCELLED'
				WHEN kind IN (17, 18) THEN 'REFUNDED' ELSE 'EXPIRED' END AS status,
			CASE WHEN kind = 0 THEN id('booking', number) WHEN kind = 19 THEN id('booking', number - 19)
				WHEN kind IN (11, 13, 15, 16) THEN NULL ELSE id('payment', number) END AS payment_id,
			price(first) + CASE seats WHEN 2 THEN price(first + 1) ELSE 0 END AS amount
		FROM (SELECT number, kind, 2 * source AS first, 1 + (source + source / 20) % 2 AS seats
			FROM (SELECT number, number % 20 AS kind,
				number % {each} - CASE number % 20 WHEN 15 THEN 5 WHEN 19 THEN 19 ELSE 0 END AS source
				FROM generate_series(0::bigint, {bookings} - 1) AS number) AS numbered) AS seated;
	ANALYZE planned`,
	`INSERT INTO users (id, email, name, role, password_hash, created_at)
		SELECT id('user', u), u || '@example.org', 'Ada', 'USER', '', now() FROM generate_series(0, {users} - 1) AS u`,
	`INSERT INTO events (id, status, hold_seconds, max_seats_per_booking, title, venue, starts_at, timezone, details_version,
			currency, seats_total, epoch, customer_limit_highest)
		SELECT id('event', e), 'PUBLISHED', 600, 10, 'A show', 'A hall', now(), 'UTC', 1, 'EUR', 2 * {each}, 5, 1000000
		FROM generate_series(0, {events} - 1) AS e`,
	`INSERT INTO bookings (id, event_id, user_id, status, amount, currency, created_at, expires_at, confirmed_at, ended_at,
			payment_id, paying_until, replaced_by)
		SELECT id, event_id, user_id, status, amount, 'EUR', created_at,
			CASE kind WHEN 11 THEN now() + interval '1 hour' WHEN 12 THEN now() - interval '1 minute' ELSE created_at END,
			CASE WHEN status IN ('CONFIRMED', 'REFUNDED') THEN created_at END,
			CASE WHEN status NOT IN ('HELD', 'CONFIRMED') THEN created_at END,
			payment_id, CASE kind WHEN 12 THEN now() + interval '1 hour' END, CASE kind WHEN 19 THEN payment_id END
		FROM planned`,
	`INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live)
		SELECT id, event_id, first + position, position, price(first + position), status IN ('HELD', 'CONFIRMED')
		FROM planned, generate_series(0, seats - 1) AS position`,
	`INSERT INTO seats (event_id, seat_no, section, row_label, number, amount, currency, status, booking_id, version)
		SELECT id('event', e), no, 'A', no / 100, no % 100 + 1, price(no), 'EUR',
			CASE status WHEN 'HELD' THEN 'HELD' WHEN 'CONFIRMED' THEN 'BOOKED' ELSE 'AVAILABLE' END, p.id, coalesce(2 + first, 1)
		FROM generate_series(0, {events} - 1) AS e CROSS JOIN generate_series(0, 2 * {each} - 1) AS no
		LEFT JOIN planned AS p ON status IN ('HELD', 'CONFIRMED') AND number / {each} = e AND first = no / 2 * 2 AND no < first + seats`,
	`INSERT INTO seat_blockings (event_id, id, blocked, reason, author, changed, version, at)
		VALUES (id('event', 0), id('blocking', 0), true, 'press', id('user', 0), 1, 5, now());
	UPDATE seats SET status = 'BLOCKED', blocking_id = id('blocking', 0), version = 5 WHERE event_id = id('event', 0) AND seat_no = 32`,
	`INSERT INTO payments (id, booking_id, event_id, user_id, method, amount, currency, status, grace_until, created_at, updated_at)
		SELECT payment_id, id, event_id, user_id, 'mock', amount, 'EUR',
			CASE WHEN kind <= 10 THEN 'SUCCEEDED' WHEN kind = 12 THEN 'PENDING' WHEN number % 1000 = 18 THEN 'REFUND_PENDING' ELSE 'REFUNDED' END,
			CASE kind WHEN 12 THEN now() + interval '1 hour' ELSE created_at END, created_at, CASE kind WHEN 18 THEN now() ELSE created_at END
		FROM planned WHERE payment_id IS NOT NULL AND kind <> 19
		UNION ALL
		SELECT id('attempt', number), id, event_id, user_id, 'mock', amount, 'EUR', CASE kind WHEN 1 THEN 'DECLINED' ELSE 'FAILED' END,
			created_at, created_at, created_at
		FROM planned WHERE kind IN (1, 2, 15)`,
	`INSERT INTO mock_charges (payment_id, event_id, amount, currency, status)
		SELECT id, event_id, amount, currency, CASE status WHEN 'REFUNDED' THEN 'REFUNDED' ELSE 'CHARGED' END
		FROM payments WHERE status IN ('SUCCEEDED', 'REFUNDED', 'REFUND_PENDING')
		UNION ALL SELECT id, event_id, NULL, NULL, 'VOIDED' FROM payments WHERE status = 'FAILED'`,
	`INSERT INTO outbox (booking_id, event_id, created_at, due_at, sent_at)
		SELECT id, event_id, created_at, created_at, created_at FROM planned WHERE status IN ('CONFIRMED', 'REFUNDED')`,
	// One of two tickets went back, at the first or the second try.
	`INSERT INTO refunds (id, payment_id, booking_id, event_id, n, amount, items, released, reason, status, created_at, ended_at, mail_due_at, mail_sent_at)
		SELECT id('refund', number), payment_id, id, event_id, 2, price(first), '{1}'::smallint[], true, 'ill', 'SUCCEEDED', created_at, created_at, created_at, created_at
		FROM planned WHERE kind = 5 AND seats = 2
		UNION ALL
		SELECT id('failed refund', number), payment_id, id, event_id, 1, price(first), '{}'::smallint[], false, '', 'FAILED', created_at, created_at, created_at, created_at
		FROM planned WHERE kind = 5 AND seats = 2;
	INSERT INTO mock_refunds (key, payment_id, event_id, amount, status)
		SELECT format('refund/%s/%s', payment_id, n), payment_id, event_id, amount, CASE status WHEN 'FAILED' THEN 'REFUSED' ELSE 'RETURNED' END FROM refunds;
	UPDATE booking_seats SET live = false FROM planned WHERE kind = 5 AND seats = 2 AND booking_id = id AND position = 0;
	UPDATE seats SET status = 'AVAILABLE', booking_id = NULL FROM planned WHERE kind = 5 AND seats = 2 AND seats.booking_id = id AND seat_no = first`,
	`DROP TABLE planned`,
	`ANALYZE`,
}
