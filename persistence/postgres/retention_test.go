package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func openRetaining(t testing.TB, url string, retention time.Duration) *DB {
	t.Helper()
	db, err := Open(t.Context(), url, Options{MaxConns: 4, Retention: retention})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

// Of twenty bookings, kinds 13 and 16 ended without a payment, and 13 have a mail: see fillAll.
func TestPurge_DeletesBookingsThatNobodyPaidFor(t *testing.T) {
	t.Parallel()
	url, conn := filledDatabase(t, 2, 400)
	count := func(sql string) (n int) {
		t.Helper()
		require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	o := checkOptions
	o.Remember, o.Retention = true, RetentionMin
	first, err := openOne(t, url).Check(t.Context(), o)
	require.NoError(t, err)
	const seatsOfEnded = `SELECT count(*) FROM booking_seats AS s JOIN bookings AS b ON b.id = booking_id
		WHERE status IN ('EXPIRED', 'CANCELLED') AND replaced_by IS NULL AND NOT EXISTS (SELECT FROM payments AS p WHERE p.booking_id = b.id)`
	seats, mails, payments := count(seatsOfEnded), count(`SELECT count(*) FROM outbox`), count(`SELECT count(*) FROM payments`)

	for _, keeping := range []time.Duration{0, 48 * time.Hour} {
		purged, err := openRetaining(t, url, keeping).Purge(t.Context())
		require.NoError(t, err)
		require.Zero(t, purged, "they are kept longer")
	}
	_, err = conn.Exec(t.Context(), `UPDATE bookings SET ended_at = now() WHERE id = id('booking', 13);
		UPDATE outbox SET sent_at = NULL WHERE booking_id = id('booking', 3); UPDATE outbox SET sent_at = now() WHERE booking_id = id('booking', 4)`)
	require.NoError(t, err)
	db := openRetaining(t, url, RetentionMin)
	purged, err := db.Purge(t.Context())
	require.NoError(t, err)
	kept := count(`SELECT count(*) FROM booking_seats WHERE booking_id = id('booking', 13)`)
	require.EqualValues(t, 400/20*2-1+seats-kept+mails-2, purged)
	require.Equal(t, kept, count(seatsOfEnded))
	require.Equal(t, 400-(400/20*2-1), count(`SELECT count(*) FROM bookings`), "all others stay")
	require.Equal(t, payments, count(`SELECT count(*) FROM payments`))
	require.Equal(t, 2, count(`SELECT count(*) FROM outbox`), "one waits, one was just sent")

	o.Since, o.MailOverdue = first.History, 48*time.Hour
	second, err := db.Check(t.Context(), o)
	require.NoError(t, err)
	requireClean(t, second)
	o.Retention = 0
	strict, err := db.Check(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 2, strict.Count(CheckViolated), "for an installation that keeps everything")

	_, err = conn.Exec(t.Context(), `UPDATE bookings SET ended_at = now() - interval '25 hours' WHERE id = id('booking', 13)`)
	require.NoError(t, err)
	purged, err = openRetaining(t, url, RetentionMin).Purge(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1+kept, purged, "also after a new start")
}

// A booking that is kept for its payments is looked at once.
func TestPurge_GoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	url, conn := filledDatabase(t, 1, 400)
	db := openRetaining(t, url, RetentionMin)
	_, err := db.Purge(t.Context())
	require.NoError(t, err)
	var last endedPlace
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT ended_at, id FROM bookings WHERE status IN ('EXPIRED', 'CANCELLED')
		ORDER BY ended_at DESC, id DESC LIMIT 1`).Scan(&last.at, &last.id))
	require.Equal(t, last.id, db.endedSeen.id)
	require.True(t, last.at.Equal(db.endedSeen.at))
	purged, err := db.Purge(t.Context())
	require.NoError(t, err)
	require.Zero(t, purged)
	require.Equal(t, last.id, db.endedSeen.id)
}

// Of twenty bookings, kind 15 ended after a payment that failed: see fillAll.
func TestPurge_DeletesWhatMovedNoMoneyLater(t *testing.T) {
	t.Parallel()
	url, conn := filledDatabase(t, 1, 400)
	count := func(sql string) (n int64) {
		t.Helper()
		require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	const attempts = `SELECT count(*) FROM payments AS p JOIN bookings AS b ON b.id = booking_id
		WHERE p.status IN ('DECLINED', 'FAILED') AND b.status = 'EXPIRED'`
	_, err := openRetaining(t, url, RetentionMin).Purge(t.Context())
	require.NoError(t, err)
	payments, bookings := count(`SELECT count(*) FROM payments`), count(`SELECT count(*) FROM bookings`)
	require.EqualValues(t, 400/20, count(attempts), "they are kept longer than those that nobody tried to pay for")

	_, err = conn.Exec(t.Context(), `UPDATE bookings SET ended_at = now() - interval '179 days' WHERE id = id('booking', 35)`)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `UPDATE bookings SET ended_at = now() - interval '181 days' WHERE status IN ('EXPIRED', 'CANCELLED') AND id <> id('booking', 35)`)
	require.NoError(t, err)
	seats := count(`SELECT count(*) FROM booking_seats`)
	gone := count(`SELECT count(*) FROM booking_seats WHERE booking_id IN (
		SELECT booking_id FROM payments AS p JOIN bookings AS b ON b.id = booking_id
		WHERE p.status = 'FAILED' AND b.status = 'EXPIRED' AND b.id <> id('booking', 35))`)
	purged, err := openRetaining(t, url, RetentionMin).Purge(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, count(attempts), "younger")
	require.Equal(t, bookings-19, count(`SELECT count(*) FROM bookings`), "where money moved, all stays")
	require.Equal(t, payments-19, count(`SELECT count(*) FROM payments`))
	require.Equal(t, seats-gone, count(`SELECT count(*) FROM booking_seats`))
	require.Equal(t, 19+19+gone, purged)
	o := checkOptions
	o.Retention = RetentionMin
	report, err := openOne(t, url).Check(t.Context(), o)
	require.NoError(t, err)
	requireClean(t, report)

	purged, err = openRetaining(t, url, 200*24*time.Hour).Purge(t.Context())
	require.NoError(t, err)
	require.Zero(t, purged)
}

func TestFirstIDAt_IsTheLeastOfItsTime(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1700000000123)
	require.Equal(t, "018bcfe5-687b-0000-0000-000000000000", firstIDAt(at).String())
	require.Less(t, eventra.ID{}.String(), firstIDAt(at).String())
}
