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

func TestPurge_DeletesWhatHasOutlivedItsUse(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	db := openAt(t, url)
	user := persistencetest.NewUser()
	require.NoError(t, db.CreateUser(t.Context(), user))
	for i, valid := range []time.Duration{-time.Hour, time.Hour} {
		s := &eventra.Session{ID: persistencetest.NewID(), UserID: user.ID, TokenHash: [32]byte{byte(i)}, ExpiresAt: time.Now().Add(valid)}
		require.NoError(t, db.CreateSession(t.Context(), s))
		token := eventra.AccessTokenID{AccessID: persistencetest.NewID(), UserID: user.ID}
		_, err := db.EndSession(t.Context(), token, s.TokenHash, s.ExpiresAt)
		require.NoError(t, err)
	}
	kept := &eventra.Session{ID: persistencetest.NewID(), UserID: user.ID, TokenHash: [32]byte{2}, ExpiresAt: time.Now().Add(time.Hour)}
	require.NoError(t, db.CreateSession(t.Context(), kept))
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), `
		INSERT INTO idempotency_keys (user_id, route, key, request_hash, resource_id, locked_until, created_at)
		SELECT gen_random_uuid(), '', '', '', gen_random_uuid(), now() - interval '1 day', now() - (i - 0.5) * interval '36 seconds'
		FROM generate_series(1, 5000) i`)
	require.NoError(t, err)

	purged, err := db.Purge(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1+1+1+2600, purged, "a token, its session, a denial, and the keys older than a day")
	purged, err = db.Purge(t.Context())
	require.NoError(t, err)
	require.Zero(t, purged)
	_, err = db.RotateSession(t.Context(), eventra.Rotation{Presented: [32]byte{2}, Successor: [32]byte{3}, ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(t, err, "an unexpired token stays")
}

// One account makes some thousand keys a second in a rush.
func TestPurge_KeepsUpWithARush(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	db := openAt(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	const keys = 150_000
	_, err = conn.Exec(t.Context(), `
		INSERT INTO idempotency_keys (user_id, route, key, request_hash, resource_id, locked_until, created_at)
		SELECT gen_random_uuid(), '', '', '', gen_random_uuid(), now() - interval '1 day', now() - interval '25 hours'
		FROM generate_series(1, $1::int)`, keys)
	require.NoError(t, err)
	start := time.Now()
	purged, err := db.Purge(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, keys, purged)
	t.Logf("%.0f rows/s", keys/time.Since(start).Seconds())
	require.Less(t, time.Since(start), time.Minute)
}
