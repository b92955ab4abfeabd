package persistencetest_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestNewDatabase_IsMigratedAndPrivate(t *testing.T) {
	t.Parallel()
	urls := make([]string, 4)
	var all sync.WaitGroup
	for i := range urls {
		all.Go(func() { urls[i] = persistencetest.NewDatabase(t) })
	}
	all.Wait()

	seen := map[string]bool{}
	for _, url := range urls {
		conn, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		var name string
		var events int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_database(), count(*) FROM events").Scan(&name, &events))
		require.NoError(t, conn.Close(t.Context()))
		require.False(t, seen[name], "each test has a database of its own")
		seen[name] = true
	}
}
