package persistencetest

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// NewSmallRedis starts a Redis server for this test alone, which has little memory and
// evicts nothing, and returns its URL.
func NewSmallRedis(t testing.TB, maxMemory string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	server := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "",
		"--maxmemory", maxMemory, "--maxmemory-policy", "noeviction")
	server.Dir = t.TempDir()
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	url := "redis://127.0.0.1:" + port + "/0"
	client := redisClient(t, url)
	require.Eventually(t, func() bool { return client.Ping(context.Background()).Err() == nil }, 10*time.Second, 10*time.Millisecond)
	return url
}
