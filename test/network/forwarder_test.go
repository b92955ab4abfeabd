package network

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// echo returns a forwarder to an echo server, and a connection through it.
func echo(t *testing.T) (*Forwarder, net.Conn) {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn) }()
		}
	}()
	f, err := Forward("127.0.0.1:0", server.Addr().String())
	require.NoError(t, err)
	t.Cleanup(f.Close)
	conn, err := net.Dial("tcp", f.Address())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, roundTrip(conn, time.Second))
	return f, conn
}

// roundTrip sends a word and waits for its echo.
func roundTrip(conn net.Conn, timeout time.Duration) error {
	_ = conn.SetDeadline(time.Now().Add(timeout))
	if _, err := conn.Write([]byte("word")); err != nil {
		return err
	}
	return receive(conn, timeout)
}

func receive(conn net.Conn, timeout time.Duration) error {
	_ = conn.SetDeadline(time.Now().Add(timeout))
	_, err := io.ReadFull(conn, make([]byte, 4))
	return err
}

func TestForwarder_Cut_BreaksConnections(t *testing.T) {
	f, conn := echo(t)
	f.Cut()
	err := roundTrip(conn, time.Second)
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	f.Heal()
	again, err := net.Dial("tcp", f.Address())
	require.NoError(t, err)
	defer again.Close()
	require.NoError(t, roundTrip(again, time.Second))
}

func TestForwarder_Stall_ForwardsAfterHeal(t *testing.T) {
	f, conn := echo(t)
	f.Stall()
	require.ErrorIs(t, roundTrip(conn, 50*time.Millisecond), os.ErrDeadlineExceeded)
	f.Heal()
	require.NoError(t, receive(conn, time.Second))
}

func TestForwarder_Slow_DelaysBothWays(t *testing.T) {
	f, conn := echo(t)
	f.Slow(20 * time.Millisecond)
	started := time.Now()
	require.NoError(t, roundTrip(conn, time.Second))
	require.GreaterOrEqual(t, time.Since(started), 40*time.Millisecond) // there and back
}
