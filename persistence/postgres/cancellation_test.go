package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// A cancellation that takes days is looked for now and then, and not over and over.
func TestEndCancellationClaim_RestsHoweverLongItTakes(t *testing.T) {
	t.Parallel()
	db := open(t)
	s := newSale(t, db, 10)
	s.hold(t, 1) // is not over, so the cancellation is not
	require.NoError(t, db.WithConn(t.Context(), time.Second, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `INSERT INTO cancellations (event_id, reason, started_at, due_at) VALUES ($1, 'rain', now() - interval '40 hours', now())`, s.event)
		return err
	}))
	claim, err := db.ClaimCancellation(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, s.event, claim.EventID)
	require.NoError(t, db.EndCancellationClaim(t.Context(), claim, 0))
	var settled bool
	var rests time.Duration
	require.NoError(t, db.WithConn(t.Context(), time.Second, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, `SELECT settled_at IS NOT NULL, due_at - now() FROM cancellations`).Scan(&settled, &rests)
	}))
	require.False(t, settled)
	require.InDelta(t, 2*time.Hour, rests, float64(time.Minute))
	claim, err = db.ClaimCancellation(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Nil(t, claim)
}
