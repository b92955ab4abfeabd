package postgres

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestDB_Backlog(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	db := openOne(t, url)
	empty, err := db.Backlog(t.Context(), 10)
	require.NoError(t, err)
	require.Zero(t, empty)

	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	fill(t, conn, 2, 100, 200)
	_, err = conn.Exec(t.Context(), `UPDATE refunds SET mail_sent_at = now(); UPDATE outbox SET sent_at = now(); UPDATE notices SET sent_at = now();
		UPDATE payments SET status = 'SUCCEEDED';
		UPDATE outbox SET sent_at = NULL, created_at = now() - interval '1 hour' WHERE booking_id IN (SELECT booking_id FROM outbox LIMIT 4);
		UPDATE payments SET status = 'PENDING', created_at = now() - interval '1 minute' WHERE id IN (SELECT id FROM payments ORDER BY id LIMIT 2);
		UPDATE payments SET status = 'REFUND_PENDING', updated_at = now() WHERE id IN (SELECT id FROM payments ORDER BY id DESC LIMIT 1);
		UPDATE refunds SET status = 'PENDING', ended_at = NULL, created_at = now() - interval '1 day' WHERE id IN (SELECT id FROM refunds LIMIT 3)`)
	require.NoError(t, err)
	b, err := db.Backlog(t.Context(), 10)
	require.NoError(t, err)
	for of, c := range map[string]struct {
		seen   Waiting
		number int
		oldest time.Duration
	}{
		"mails":    {b.Mails, 4, time.Hour},
		"payments": {b.PaymentsPending, 2, time.Minute},
		"refunds":  {b.RefundsOwed, 4, 24 * time.Hour},
	} {
		require.Equal(t, c.number, c.seen.Number, of)
		require.InDelta(t, c.oldest.Seconds(), c.seen.Oldest.Seconds(), 60, of)
	}
	b, err = db.Backlog(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, []int{3, 2, 3}, []int{b.Mails.Number, b.PaymentsPending.Number, b.RefundsOwed.Number}, "each kind has a bound")
}

// The settings are those of this package's sessions.
func TestDB_BacklogReadsOnlyWhatIsOpen(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), persistencetest.NewDatabase(t))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	fill(t, conn, 5, 1000, 4000)
	_, err = conn.Exec(t.Context(), "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; ANALYZE")
	require.NoError(t, err)
	plan := explain(t, conn, backlogSQL, 1000)
	require.False(t, plan.scansAll(), plan.text)
	for _, n := range plan.nodes {
		if strings.Contains(n.NodeType, "Index") {
			require.Contains(t, []string{"outbox_due", "notices_due", "account_mails_due", "refunds_mail_due", "refunds_open", "payments_open",
				"payments_one_pending"}, n.IndexName)
		}
	}
}

func TestDB_FailuresSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	db := openOne(t, persistencetest.NewDatabase(t))
	for _, sql := range []string{"SELECT pg_sleep(9)", "SELECT 1 FROM nothing"} {
		_ = db.inTx(t.Context(), time.Second, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = '10ms'"); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, sql)
			return err
		})
	}
	for reason, count := range db.Failures() {
		want := uint64(0)
		if reason == failureTimeout || reason == failureRejected {
			want = 1
		}
		require.Equal(t, want, count, reason)
	}
}
