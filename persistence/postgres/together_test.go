package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// A locked event delays no other event of its merged batch.
func TestCommitTogether_WaitsForNoLock(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	db := openAt(t, url)
	free, locked := newSale(t, db, 2), newSale(t, db, 2)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT FROM events WHERE id = $1 FOR UPDATE`, locked.event)
	require.NoError(t, err)

	for _, s := range []*sale{free, locked} {
		s.batch.Changes = []*eventra.Change{{Kind: eventra.Held, Booking: s.nextBooking(persistencetest.NewID(), 1)}}
	}
	begun := time.Now()
	_, err = db.CommitTogether(t.Context(), []*eventra.Batch{&free.batch, &locked.batch})
	require.ErrorIs(t, err, eventra.ErrSplitBatch)
	_, err = db.CommitTogether(t.Context(), []*eventra.Batch{&locked.batch})
	require.ErrorIs(t, err, eventra.ErrSplitBatch, "alone it would have to wait as well")
	_, err = db.CommitTogether(t.Context(), []*eventra.Batch{&free.batch})
	require.NoError(t, err)
	require.Less(t, time.Since(begun), 2*time.Second, "no call waited for the lock")

	done := make(chan error, 1)
	go func() {
		_, err := db.Commit(t.Context(), &locked.batch)
		done <- err
	}()
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, <-done, "Commit waits for the lock")
}
