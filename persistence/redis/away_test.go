package redis_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

func TestDB_LostServerCostsCallersNothing(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*persistencetest.Proxy){
		"refused":  (*persistencetest.Proxy).Cut,
		"hangs up": func(p *persistencetest.Proxy) { p.SwallowReplies(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, url := persistencetest.ProxyTo(t, persistencetest.NewRedis(t))
			locks, event := redis.NewLocks(openURL(t, url)), newID()
			lock := func() error {
				_, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(newID(), 1)}))
				return err
			}
			require.NoError(t, lock())

			lose(proxy)
			started := time.Now()
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(lock()))
			require.Less(t, time.Since(started), 2*time.Second, "the first command detects it")
			started = time.Now()
			for range 1000 {
				require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(lock()))
			}
			require.Less(t, time.Since(started), time.Second, "the others do not try")

			proxy.Restore()
			require.Eventually(t, func() bool { return lock() == nil }, soon, tick, "it recovers by itself")
		})
	}
}

func TestOpen_WithoutAServer(t *testing.T) {
	t.Parallel()
	proxy, url := persistencetest.ProxyTo(t, persistencetest.NewRedis(t))
	proxy.Cut()
	db := openURL(t, url)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(db.Ping(t.Context())))
	proxy.Restore()
	require.Eventually(t, func() bool { return db.Ping(t.Context()) == nil }, soon, tick)
}

func TestOpen_RejectsInvalidURLs(t *testing.T) {
	t.Parallel()
	_, err := redis.Open("mongodb://localhost")
	require.Error(t, err)
}
