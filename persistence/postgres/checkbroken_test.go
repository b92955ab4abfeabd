package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// breaches are what a faulty writer might do: the invariant that finds it, the
// statements, and other invariants that they break as well. Booking 3 is CONFIRMED
// with the seats 6 and 7; see fillAll for the others.
var breaches = []struct{ name, sql, implied string }{
	{"seat_in_one_live_booking", `INSERT INTO booking_seats VALUES (id('booking', 11), id('event', 0), 6, 2, 0, true)`,
		"live_listing_is_taken taken_seats_add_up"},
	{"seat_status_is_its_bookings", `UPDATE seats SET status = 'HELD' WHERE booking_id = id('booking', 3)`, "taken_seats_add_up"},
	{"seat_status_is_its_bookings", `UPDATE seats SET status = 'BOOKED' WHERE booking_id = id('booking', 11)`, "taken_seats_add_up"},
	{"seat_status_is_its_bookings", `UPDATE seats SET booking_id = id('nobody', 0) WHERE booking_id = id('booking', 3)`,
		"taken_seat_is_listed live_listing_is_taken"},
	{"taken_seat_is_listed", `UPDATE seats SET status = 'BOOKED', booking_id = id('booking', 3), version = 8
		WHERE event_id = id('event', 0) AND seat_no = 26`, "taken_seats_add_up"},
	{"live_listing_is_taken", `UPDATE seats SET status = 'AVAILABLE', booking_id = NULL WHERE booking_id = id('booking', 3)`,
		"taken_seats_add_up"},
	{"live_booking_keeps_seats", `UPDATE booking_seats SET live = false WHERE booking_id = id('booking', 3) AND position = 0`, "taken_seat_is_listed"},
	{"live_booking_keeps_seats", `INSERT INTO booking_seats VALUES (id('nobody', 0), id('event', 0), 26, 0, 0, false)`, ""},
	{"ended_booking_has_no_seat", `UPDATE booking_seats SET live = true WHERE booking_id = id('booking', 16)`, "live_listing_is_taken"},
	{"ended_booking_has_no_seat", `UPDATE seats SET status = 'HELD', booking_id = id('booking', 13), version = 8
		WHERE event_id = id('event', 0) AND seat_no = 26`, "taken_seat_is_listed taken_seats_add_up"},
	{"taken_seats_add_up", `UPDATE seats SET status = 'AVAILABLE' WHERE booking_id = id('booking', 11)`, "seat_status_is_its_bookings"},
	{"blocked_seat_has_a_block", `UPDATE seats SET status = 'BLOCKED', version = 8 WHERE event_id = id('event', 0) AND seat_no = 26`, ""},
	{"blocked_seat_has_a_block", `UPDATE seats SET blocking_id = id('blocking', 0), version = 8 WHERE event_id = id('event', 0) AND seat_no = 26`, ""},
	{"blocked_seat_has_a_block", `UPDATE seat_blockings SET blocked = false WHERE id = id('blocking', 0)`, ""},
	{"blocked_seat_has_a_block", `UPDATE seat_blockings SET event_id = id('event', 1) WHERE id = id('blocking', 0)`, ""},
	{"blocked_seat_has_a_block", `UPDATE seats SET status = 'BLOCKED', blocking_id = id('blocking', 0) WHERE booking_id = id('booking', 3)`,
		"seat_status_is_its_bookings taken_seats_add_up"},
	{"removed_seat_was_never_sold", `UPDATE seats SET status = 'REMOVED', version = 8 WHERE event_id = id('event', 0) AND seat_no = 26;
		UPDATE events SET seats_total = seats_total - 1 WHERE id = id('event', 0)`, ""},
	{"places_add_up", `INSERT INTO sections VALUES (id('event', 0), 0, 'F', 10, 0, 1, 100, 1)`, ""},
	{"places_add_up", `INSERT INTO sections VALUES (id('event', 0), 0, 'F', 10, 11, 0, 100, 1)`, ""},
	{"seats_total_is_counted", `UPDATE events SET seats_total = seats_total + 1 WHERE id = id('event', 0)`, ""},
	{"seat_numbers_are_dense", `DELETE FROM seats WHERE event_id = id('event', 0) AND seat_no = 26;
		UPDATE events SET seats_total = seats_total - 1 WHERE id = id('event', 0)`, ""},
	{"seat_has_its_events_currency", `UPDATE seats SET currency = 'USD' WHERE event_id = id('event', 0) AND seat_no = 26`, ""},
	{"category_and_type_exist", `UPDATE seats SET category_no = 9 WHERE event_id = id('event', 0) AND seat_no = 26`, ""},
	{"category_and_type_exist", `INSERT INTO categories VALUES (id('event', 0), 9, 'Gone', NULL);
		UPDATE seats SET category_no = 9 WHERE event_id = id('event', 0) AND seat_no = 26`, ""},
	{"category_and_type_exist", `UPDATE booking_seats SET ticket_type_no = 9 WHERE booking_id = id('booking', 3)`, ""},
	{"seat_version_has_grown", `UPDATE seats SET version = 1 WHERE booking_id = id('booking', 3)`, ""},
	{"seat_version_has_grown", `UPDATE seats SET version = 0 WHERE event_id = id('event', 0) AND seat_no = 26`, ""},
	{"booking_changes_at_once", `UPDATE seats SET version = version + 1 WHERE event_id = id('event', 0) AND seat_no = 6`, ""},
	{"epoch_is_taken", `UPDATE events SET epoch = 0 WHERE id = id('event', 0)`, "epochs_never_go_back"},
	{"epoch_is_taken", `UPDATE events SET epoch = -1 WHERE id = id('event', 0)`, "epochs_never_go_back"},

	{"hold_ends_in_time", `UPDATE bookings SET expires_at = now() - interval '40 seconds' WHERE id = id('booking', 11)`, ""},
	{"hold_ends_in_time", `UPDATE bookings SET paying_until = now() - interval '40 seconds' WHERE id = id('booking', 12)`, ""},
	{"booking_belongs", `DELETE FROM users WHERE id = id('user', 3)`, ""},
	{"customer_is_one", `INSERT INTO customers (id, shop, external_id) SELECT id, 'A shop', 'C-1' FROM users LIMIT 1`, ""},
	{"booking_amount_is_the_sum", `UPDATE bookings SET amount = amount + 1 WHERE id = id('booking', 11)`, ""},
	{"booking_amount_is_the_sum", `UPDATE bookings SET currency = 'USD' WHERE id = id('booking', 11)`, ""},
	{"booking_amount_is_the_sum", `DELETE FROM booking_seats WHERE booking_id = id('booking', 16)`, ""},
	{"booking_positions_are_dense", `UPDATE booking_seats SET position = position + 1 WHERE booking_id = id('booking', 3)`, ""},
	{"booking_positions_are_dense", `UPDATE booking_seats SET position = 0 WHERE booking_id = id('booking', 3)`, ""},
	{"customer_limit_is_kept", `UPDATE events SET customer_limit_highest = 1, max_seats_per_customer = 1 WHERE id = id('event', 0)`, ""},
	{"next_reference_is_new", `UPDATE bookings SET reference_no = 1099511627775 WHERE id = id('booking', 13)`, ""},
	{"replacement_was_confirmed", `UPDATE bookings SET replaced_by = id('booking', 16) WHERE id = id('booking', 19)`, ""},
	{"replacement_was_confirmed", `UPDATE bookings SET replaced_by = id('booking', 21) WHERE id = id('booking', 19)`, ""},
	{"replacement_was_confirmed", `UPDATE bookings SET replaced_by = id('nobody', 0) WHERE id = id('booking', 19)`, ""},

	{"confirmed_is_paid", `UPDATE payments SET booking_id = id('booking', 16) WHERE id = id('payment', 3);
		UPDATE payments SET (user_id, amount) = (SELECT user_id, amount FROM bookings WHERE id = id('booking', 16))
		WHERE id = id('payment', 3);
		UPDATE mock_charges SET amount = (SELECT amount FROM bookings WHERE id = id('booking', 16))
		WHERE payment_id = id('payment', 3)`,
		"succeeded_is_confirmed"},
	{"confirmed_is_paid", `UPDATE payments SET amount = 1 WHERE id = id('payment', 3)`, "payment_belongs taken_money_is_accounted_for"},
	{"succeeded_is_confirmed", `UPDATE payments SET status = 'SUCCEEDED' WHERE id = id('attempt', 1);
		INSERT INTO mock_charges SELECT id, amount, currency, 'CHARGED' FROM payments WHERE id = id('attempt', 1)`, ""},
	{"refunded_is_given_back", `UPDATE payments SET status = 'DECLINED' WHERE id = id('payment', 17);
		DELETE FROM mock_charges WHERE payment_id = id('payment', 17)`, ""},
	{"payment_belongs", `UPDATE payments SET user_id = id('user', 9) WHERE id = id('attempt', 1)`, ""},
	{"pending_payment_is_noted", `UPDATE bookings SET payment_id = NULL, expires_at = now() WHERE id = id('booking', 12)`, ""},
	{"pending_payment_is_noted", `UPDATE payments SET status = 'DECLINED' WHERE id = id('payment', 12)`, ""},
	{"pending_payment_ends_in_time", `UPDATE payments SET grace_until = now() - interval '2 minutes' WHERE id = id('payment', 12)`, ""},
	{"refund_ends_in_time", `UPDATE payments SET updated_at = now() - interval '2 minutes' WHERE id = id('payment', 18)`, ""},
	{"refund_ends_in_time", `UPDATE refunds SET status = 'PENDING', created_at = now() - interval '2 minutes' WHERE id = id('refund', 5)`, ""},
	{"refund_belongs", `UPDATE refunds SET event_id = id('event', 1) WHERE id = id('failed refund', 5);
		UPDATE mock_refunds SET event_id = id('event', 1) WHERE status = 'REFUSED' AND payment_id = id('payment', 5)`, ""},
	{"refunds_within_payment", `UPDATE refunds SET amount = 1000000 WHERE id = id('refund', 5)`, "refund_is_in_the_books"},
	{"returned_item_is_released", `UPDATE refunds SET items = '{1,2}' WHERE id = id('refund', 5)`, "taken_seats_add_up"},
	{"returned_item_is_released", `UPDATE refunds SET items = '{1,3}' WHERE id = id('refund', 5)`, ""},
	{"confirmed_has_an_item", `UPDATE refunds SET items = '{1,2}' WHERE id = id('refund', 5);
		UPDATE booking_seats SET live = false WHERE booking_id = id('booking', 5);
		UPDATE seats SET status = 'AVAILABLE', booking_id = NULL WHERE booking_id = id('booking', 5)`, ""},
	{"refunded_is_given_back", `UPDATE bookings SET status = 'REFUNDED', ended_at = now() WHERE id = id('booking', 5);
		UPDATE booking_seats SET live = false WHERE booking_id = id('booking', 5);
		UPDATE seats SET status = 'AVAILABLE', booking_id = NULL WHERE booking_id = id('booking', 5)`, ""},
	{"refund_is_in_the_books", `DELETE FROM mock_refunds WHERE payment_id = id('payment', 5) AND status = 'RETURNED'`, ""},
	{"refund_is_in_the_books", `UPDATE refunds SET status = 'FAILED' WHERE id = id('refund', 5)`, ""},
	{"refund_is_in_the_books", `DELETE FROM refunds WHERE id = id('failed refund', 5)`, ""},
	{"refund_is_in_the_books", `UPDATE mock_refunds SET amount = amount + 1 WHERE payment_id = id('payment', 5) AND status = 'RETURNED'`, ""},
	{"taken_money_is_accounted_for", `INSERT INTO mock_charges VALUES (id('nobody', 0), 100, 'EUR', 'CHARGED')`, ""},
	{"taken_money_is_accounted_for", `UPDATE mock_charges SET (amount, currency, status) = (SELECT amount, currency, 'CHARGED' FROM payments
		WHERE id = id('attempt', 2)) WHERE payment_id = id('attempt', 2)`, ""},
	{"taken_money_is_accounted_for", `UPDATE mock_charges SET amount = amount + 1 WHERE payment_id = id('payment', 3)`, ""},
	{"taken_money_is_accounted_for", `UPDATE mock_charges SET event_id = id('event', 1) WHERE payment_id = id('payment', 3)`, ""},
	{"payment_has_its_charge", `DELETE FROM mock_charges WHERE payment_id = id('payment', 3)`, ""},
	{"payment_has_its_charge", `DELETE FROM mock_charges WHERE payment_id = id('attempt', 2)`, ""},
	{"payment_has_its_charge", `UPDATE mock_charges SET status = 'REFUNDED' WHERE payment_id = id('payment', 3)`, ""},

	{"confirmed_has_its_mail", `DELETE FROM outbox WHERE booking_id = id('booking', 3)`, ""},
	{"mail_is_of_a_confirmed", `INSERT INTO outbox VALUES (id('booking', 16), now(), now(), now())`, ""},
	{"mail_is_of_a_confirmed", `UPDATE outbox SET event_id = id('event', 1) WHERE booking_id = id('booking', 3)`, ""},
	{"mail_is_sent_in_time", `UPDATE outbox SET sent_at = NULL WHERE booking_id = id('booking', 3)`, ""},
	{"mail_is_sent_in_time", `UPDATE refunds SET mail_sent_at = NULL WHERE id = id('refund', 5)`, ""},
	{"mail_is_sent_in_time", `INSERT INTO notices (booking_id, kind, about, event_id, created_at, due_at)
		SELECT id, 'cancelled', event_id, event_id, now() - interval '1 day', now() FROM bookings WHERE id = id('booking', 17)`, ""},

	{"cancelled_event_is_refunded", `UPDATE events SET status = 'CANCELLED' WHERE id = id('event', 0);
		INSERT INTO cancellations (event_id, reason, started_at, due_at, finished_at) VALUES (id('event', 0), '', now(), now(), now())`, ""},
	{"cancelled_event_is_refunded", `INSERT INTO cancellations (event_id, reason, started_at, due_at) VALUES (id('event', 0), '', now(), now())`, ""},
	{"cancellation_is_started", `UPDATE events SET status = 'CANCELLED' WHERE id = id('event', 0)`, ""},
	{"notice_is_true", `INSERT INTO notices (booking_id, kind, about, event_id, created_at, due_at, sent_at)
		SELECT id, 'cancelled', event_id, event_id, now(), now(), now() FROM bookings WHERE id = id('booking', 3)`, ""},
	{"notice_is_true", `INSERT INTO notices (booking_id, kind, about, event_id, created_at, due_at, sent_at)
		SELECT id, 'cancelled', id('event', 1), id('event', 1), now(), now(), now() FROM bookings WHERE id = id('booking', 17)`, ""},

	{"epochs_never_go_back", `UPDATE events SET epoch = epoch - 1 WHERE id = id('event', 0)`, ""},
	{"statuses_follow_each_other", `UPDATE bookings SET status = 'EXPIRED' WHERE id = id('booking', 16)`, ""},
	{"statuses_follow_each_other", `DELETE FROM bookings WHERE id = id('booking', 16);
		DELETE FROM booking_seats WHERE booking_id = id('booking', 16)`, ""},
}

// withoutRulesSQL drops the schema's own rules, which stop most breaches.
const withoutRulesSQL = `
DROP INDEX booking_seats_one_live, payments_one_pending, payments_one_succeeded;
ALTER TABLE booking_seats DROP CONSTRAINT booking_seats_pkey;
DO $$
DECLARE rule record;
BEGIN
    FOR rule IN SELECT conrelid::regclass AS of, conname AS name FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f') LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', rule.of, rule.name);
    END LOOP;
END $$`

func TestCheck_NamesBrokenInvariants(t *testing.T) {
	t.Parallel()
	_, conn := filledDatabase(t, 2, 200)
	_, err := conn.Exec(t.Context(), withoutRulesSQL)
	require.NoError(t, err)
	o := checkOptions
	o.Since = inTransaction(t, conn, func(tx pgx.Tx) *CheckHistory {
		history, err := readHistory(t.Context(), tx, time.Time{})
		require.NoError(t, err)
		return history
	})

	tried := map[string]bool{}
	for _, breach := range breaches {
		tried[breach.name] = true
		report := inTransaction(t, conn, func(tx pgx.Tx) *CheckReport {
			_, err := tx.Exec(t.Context(), breach.sql)
			require.NoError(t, err, breach.sql)
			report := &CheckReport{}
			require.NoError(t, report.fill(t.Context(), tx, &o))
			return report
		})
		var named []string
		for _, f := range report.Findings {
			if f.Outcome == CheckOK {
				continue
			}
			named = append(named, f.Name)
			require.NotEmpty(t, f.Rows)
			require.NotContains(t, f.Rows, "", "a row is put in words")
			require.Equal(t, f.Name == "mail_is_sent_in_time" || f.Name == "cancellation_is_started", f.Outcome == CheckWarned)
		}
		want := append(strings.Fields(breach.implied), breach.name)
		require.ElementsMatch(t, want, named, "%s\n%+v", breach.sql, report.Findings)
	}
	for _, inv := range invariants {
		require.True(t, tried[inv.name], "nothing breaks %s", inv.name)
	}
}

// inTransaction rolls back what f does.
func inTransaction[T any](t *testing.T, conn *pgx.Conn, f func(pgx.Tx) T) T {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
	return f(tx)
}

// A status that can follow, also in several steps, is no breach.
func TestCheck_AllowsStatusesThatFollow(t *testing.T) {
	t.Parallel()
	_, conn := filledDatabase(t, 1, 20)
	_, err := conn.Exec(t.Context(), withoutRulesSQL)
	require.NoError(t, err)
	follow := map[string][]string{"HELD": {"CONFIRMED", "EXPIRED", "CANCELLED", "REFUNDED"}, "CONFIRMED": {"REFUNDED"}}
	all := []string{"HELD", "CONFIRMED", "EXPIRED", "CANCELLED", "REFUNDED"}
	var id string
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT id('booking', 3)::text`).Scan(&id))
	for _, was := range all {
		for _, is := range all {
			count := inTransaction(t, conn, func(tx pgx.Tx) int64 {
				_, err := tx.Exec(t.Context(), `UPDATE bookings SET status = $1 WHERE id = $2`, is, id)
				require.NoError(t, err)
				args := pgx.NamedArgs{"rows_max": 1}
				(&CheckHistory{Bookings: map[string][]string{was: {id}}}).addTo(args)
				finding, err := (&invariant{sql: statusesFollowSQL}).check(t.Context(), tx, args)
				require.NoError(t, err)
				return finding.Count
			})
			require.Equal(t, was == is || slices.Contains(follow[was], is), count == 0, "%s to %s", was, is)
		}
	}
}
