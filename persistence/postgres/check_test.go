package postgres

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

var checkOptions = CheckOptions{HoldOverdue: 30 * time.Second, PaymentOverdue: time.Minute, MailOverdue: time.Minute,
	QueryTimeout: 5 * time.Minute}

// filledDatabase makes a database with bookings of every kind.
func filledDatabase(t testing.TB, events, bookings int) (url string, conn *pgx.Conn) {
	t.Helper()
	url = persistencetest.NewDatabase(t)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	fillAll(t, conn, events, bookings)
	return url, conn
}

func openOne(t testing.TB, url string) *DB {
	t.Helper()
	db, err := Open(t.Context(), url, Options{MaxConns: 1})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

func requireClean(t testing.TB, r *CheckReport) {
	t.Helper()
	for _, f := range r.Findings {
		require.Equal(t, CheckOK, f.Outcome, "%s: %d, such as %v", f.Name, f.Count, f.Rows)
	}
}

func TestCheck_FindsNothingInAHealthyDatabase(t *testing.T) {
	t.Parallel()
	url, conn := filledDatabase(t, 2, 400)
	var kinds int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(DISTINCT status) FROM bookings`).Scan(&kinds))
	require.Equal(t, 5, kinds, "bookings in every state")
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(DISTINCT status) FROM payments`).Scan(&kinds))
	require.Equal(t, 6, kinds, "payments in every state")

	// Rows that the program has locked do not stop a check.
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.Background())) }()
	_, err = tx.Exec(t.Context(), `SELECT FROM events, seats, bookings FOR UPDATE`)
	require.NoError(t, err)

	db := openOne(t, url)
	o := checkOptions
	o.Remember = true
	first, err := db.Check(t.Context(), o)
	require.NoError(t, err)
	requireClean(t, first)
	require.Len(t, first.Findings, len(invariants)-2, "two compare")
	require.Len(t, first.History.Epochs, 2)

	o.Since, o.Remember = first.History, false
	second, err := db.Check(t.Context(), o)
	require.NoError(t, err)
	requireClean(t, second)
	require.Len(t, second.Findings, len(invariants))
	require.Nil(t, second.History)
}

func TestCheck_FindsNothingInAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	report, err := openOne(t, persistencetest.NewDatabase(t)).Check(t.Context(), checkOptions)
	require.NoError(t, err)
	requireClean(t, report)
}

func TestCheck_ReturnsWhatItFoundBeforeAnError(t *testing.T) {
	t.Parallel()
	url, conn := filledDatabase(t, 1, 20)
	_, err := conn.Exec(t.Context(), `UPDATE seats SET status = 'HELD' WHERE status = 'BOOKED';
		ALTER TABLE bookings DROP COLUMN replaced_by`)
	require.NoError(t, err)
	report, err := openOne(t, url).Check(t.Context(), checkOptions)
	require.ErrorContains(t, err, "replacement_was_confirmed")
	require.Positive(t, report.Count(CheckViolated), "with the findings before it")

	slow := checkOptions
	slow.QueryTimeout = time.Millisecond
	_, err = conn.Exec(t.Context(), `ALTER TABLE seats RENAME TO stored;
		CREATE VIEW seats AS SELECT stored.* FROM stored, (SELECT pg_sleep(0.1)) AS slow`)
	require.NoError(t, err)
	_, err = openOne(t, url).Check(t.Context(), slow)
	require.ErrorContains(t, err, "statement timeout")
}

// The settings of a check end with it, and its connection serves short statements
// by index again.
func TestCheck_LeavesTheSessionAsItWas(t *testing.T) {
	t.Parallel()
	db := openOne(t, persistencetest.NewDatabase(t))
	_, err := db.Check(t.Context(), checkOptions)
	require.NoError(t, err)
	var timeout, seqscan string
	require.NoError(t, db.pool.QueryRow(t.Context(), `SELECT current_setting('statement_timeout'), current_setting('enable_seqscan')`).
		Scan(&timeout, &seqscan))
	require.Equal(t, sessionSettings["statement_timeout"], timeout)
	require.Equal(t, sessionSettings["enable_seqscan"], seqscan)
}

// docs/CHECK.md has the sentences of the code.
func TestCheck_IsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/CHECK.md")
	require.NoError(t, err)
	var want, got []string
	for _, inv := range invariants {
		sentence := inv.sentence
		if inv.warns {
			sentence += " (A warning.)"
		}
		want = append(want, fmt.Sprintf("| `%s` | %s |", inv.name, sentence))
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `[a-z_]+` \\| .* \\|$").FindAll(text, -1) {
		got = append(got, string(row))
	}
	require.Equal(t, want, got)
}

// BenchmarkCheck checks a database of a million bookings. Filling it takes most of
// the time.
func BenchmarkCheck(b *testing.B) {
	url, conn := filledDatabase(b, 100, 1_000_000)
	_, err := conn.Exec(b.Context(), `VACUUM ANALYZE`)
	require.NoError(b, err)
	db := openOne(b, url)
	o := checkOptions
	o.PaymentOverdue = time.Hour // some refunds were due when the filling began
	var report *CheckReport
	for b.Loop() {
		report, err = db.Check(b.Context(), o)
		require.NoError(b, err)
		requireClean(b, report)
	}
	for _, f := range report.Findings {
		b.ReportMetric(float64(f.TookMS), f.Name+"-ms")
	}
}
