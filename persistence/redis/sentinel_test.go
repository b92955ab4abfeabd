package redis_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// server is a Redis server, or a sentinel, of a test alone.
type server struct {
	port string
	cmd  *exec.Cmd
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

func startServer(t *testing.T, config string, args ...string) *server {
	t.Helper()
	s := &server{port: freePort(t)}
	file := filepath.Join(t.TempDir(), "redis.conf")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "bind 127.0.0.1\nport %s\n%s\n", s.port, config), 0o600))
	s.cmd = exec.Command("redis-server", append([]string{file}, args...)...)
	s.cmd.Dir = filepath.Dir(file)
	require.NoError(t, s.cmd.Start())
	t.Cleanup(s.kill)
	client := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:" + s.port})
	t.Cleanup(func() { _ = client.Close() })
	require.Eventually(t, func() bool { return client.Ping(context.Background()).Err() == nil }, soon, tick)
	return s
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// The sentinels know the master before and after a fail-over. One of those named is away.
func TestOpen_FollowsTheSentinels(t *testing.T) {
	t.Parallel()
	master := startServer(t, `save ""`)
	replica := startServer(t, "save \"\"\nreplicaof 127.0.0.1 "+master.port)
	sentinel := startServer(t, "sentinel monitor sales 127.0.0.1 "+master.port+" 1\nsentinel down-after-milliseconds sales 500\nsentinel failover-timeout sales 5000", "--sentinel")
	client := goredis.NewSentinelClient(&goredis.Options{Addr: "127.0.0.1:" + sentinel.port})
	t.Cleanup(func() { _ = client.Close() })
	require.Eventually(t, func() bool {
		replicas, err := client.Replicas(t.Context(), "sales").Result()
		return err == nil && len(replicas) == 1 && replicas[0]["master-link-status"] == "ok"
	}, soon, tick, "the sentinel to know the replica")

	db := openURL(t, "redis+sentinel://127.0.0.1:"+freePort(t)+",127.0.0.1:"+sentinel.port+"/0?master=sales")
	require.NoError(t, db.Ping(t.Context()))
	master.kill()
	require.Eventually(t, func() bool {
		at, err := client.GetMasterAddrByName(t.Context(), "sales").Result()
		return err == nil && at[1] == replica.port
	}, 2*soon, tick, "the fail-over")
	require.Eventually(t, func() bool {
		_, err := db.Forget(t.Context(), true)
		return err == nil
	}, soon, tick, "the new master to be used")
}

// vanished returns an address whose machine does not answer: its queue of connections is full.
func vanished(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(socket) })
	require.NoError(t, syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(socket, 0))
	bound, err := syscall.Getsockname(socket)
	require.NoError(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
	for range 3 {
		if conn, err := net.DialTimeout("tcp", address, 50*time.Millisecond); err == nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
	}
	return address
}

// A sentinel whose machine has vanished takes the time of a whole attempt, but not of each.
func TestOpen_AsksAnotherSentinelThanOneThatVanished(t *testing.T) {
	t.Parallel()
	master := startServer(t, `save ""`)
	sentinel := startServer(t, "sentinel monitor sales 127.0.0.1 "+master.port+" 1", "--sentinel")
	db := openURL(t, "redis+sentinel://"+vanished(t)+",127.0.0.1:"+sentinel.port+"/0?master=sales")
	require.Eventually(t, func() bool {
		_, err := db.Forget(t.Context(), true)
		return err == nil
	}, soon, tick, "the master to be found")
}
