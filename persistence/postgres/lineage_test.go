package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestDB_Lineage(t *testing.T) {
	t.Parallel()
	db := open(t)
	before, err := db.Lineage(t.Context())
	require.NoError(t, err)
	require.True(t, before.Server.Before(time.Now()))
	newSale(t, db, 20).hold(t, 1)
	after, err := db.Lineage(t.Context())
	require.NoError(t, err)
	require.True(t, after.Continues(before))
	require.Greater(t, after.Position, before.Position)
	require.False(t, before.Continues(after), "the log has become shorter")
	restarted := eventra.Lineage{Server: after.Server.Add(time.Minute), Position: after.Position}
	require.False(t, restarted.Continues(after))
}
