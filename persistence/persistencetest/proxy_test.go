package persistencetest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestProxy_CutsAndRestores(t *testing.T) {
	t.Parallel()
	proxy, url := persistencetest.ProxyTo(t, persistencetest.PostgresURL(t))
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	require.NoError(t, conn.Ping(t.Context()))

	proxy.Cut()
	require.Error(t, conn.Ping(t.Context()))
	_, err = pgx.Connect(t.Context(), url)
	require.Error(t, err)

	proxy.Restore()
	conn, err = pgx.Connect(t.Context(), url)
	require.NoError(t, err)

	swallowed := make(chan struct{})
	proxy.SwallowReplies(func() {
		close(swallowed)
		proxy.Cut()
	})
	require.Error(t, conn.Ping(t.Context()))
	<-swallowed
}
