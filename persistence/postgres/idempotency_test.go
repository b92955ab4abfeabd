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

func newAttempt() *eventra.IdempotencyAttempt {
	return &eventra.IdempotencyAttempt{
		Key:        eventra.IdempotencyKey{UserID: persistencetest.NewID(), Route: "POST /api/v1/bookings", Key: "k"},
		ResourceID: persistencetest.NewID(), RequestHash: [32]byte{1}, EarlierHash: [32]byte{2}, Lease: time.Minute}
}

// Members of this release and of the one before know each other's requests.
func TestBegin_KnowsTheRequestsOfTheReleaseBefore(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	db := openAt(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })

	a := newAttempt()
	_, err = conn.Exec(t.Context(), `INSERT INTO idempotency_keys (user_id, route, key, request_hash, resource_id, locked_until)
		VALUES ($1, $2, $3, $4, $5, now())`, a.Key.UserID, a.Key.Route, a.Key.Key, a.EarlierHash[:], persistencetest.NewID())
	require.NoError(t, err)
	other := *a
	other.EarlierHash = [32]byte{3}
	_, err = db.Begin(t.Context(), &other)
	require.Equal(t, eventra.CodeIdempotencyKeyReused, eventra.CodeOf(err))
	claim, err := db.Begin(t.Context(), a)
	require.NoError(t, err)
	require.True(t, claim.Again)

	b := newAttempt()
	_, err = db.Begin(t.Context(), b)
	require.NoError(t, err)
	var earlier []byte
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT request_hash FROM idempotency_keys WHERE user_id = $1`, b.Key.UserID).Scan(&earlier))
	require.Equal(t, b.EarlierHash[:], earlier)
	require.NoError(t, db.Finish(t.Context(), b, eventra.StoredResponse{Status: 201}))
	b.EarlierHash = [32]byte{3} // another secret
	claim, err = db.Begin(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, 201, claim.Stored.Status)
}
