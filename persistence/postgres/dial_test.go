package postgres_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// TestDB_LimitsUnansweredConnections counts the connections that arrive at a server
// that accepts them and answers none.
func TestDB_LimitsUnansweredConnections(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var taken atomic.Int64
	var kept sync.WaitGroup
	kept.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			taken.Add(1)
			t.Cleanup(func() { conn.Close() })
		}
	})
	t.Cleanup(kept.Wait)
	t.Cleanup(func() { listener.Close() })
	server, err := url.Parse(persistencetest.PostgresURL(t))
	require.NoError(t, err)
	server.Host = listener.Addr().String()
	db := openAt(t, server.String())

	var callers sync.WaitGroup
	for range 200 {
		callers.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if code := eventra.CodeOf(db.Ping(ctx)); code != eventra.CodeUnavailable {
				t.Error("answered ", code)
			}
		})
	}
	callers.Wait()
	require.Less(t, taken.Load(), int64(16), "four at a time for two seconds, and the breaker's probes")
}
