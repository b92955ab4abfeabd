package network

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// echo is a server that says what it is told, behind a forwarder.
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
	require.NoError(t, say(conn, time.Second))
	return f, conn
}

// say sends a word and waits for it to come back.
func say(conn net.Conn, patience time.Duration) error {
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write([]byte("word")); err != nil {
		return err
	}
	return hear(conn, patience)
}

func hear(conn net.Conn, patience time.Duration) error {
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, err := io.ReadFull(conn, make([]byte, 4))
	return err
}

func TestWhatIsCutIsBroken(t *testing.T) {
	f, conn := echo(t)
	f.Cut()
	err := say(conn, time.Second)
	require.Error(t, err)
	require.False(t, errors.Is(err, os.ErrDeadlineExceeded))
	f.Heal()
	again, err := net.Dial("tcp", f.Address())
	require.NoError(t, err)
	defer again.Close()
	require.NoError(t, say(again, time.Second))
}

func TestWhatIsStalledComesLater(t *testing.T) {
	f, conn := echo(t)
	f.Stall()
	require.ErrorIs(t, say(conn, 50*time.Millisecond), os.ErrDeadlineExceeded)
	f.Heal()
	require.NoError(t, hear(conn, time.Second))
}

func TestWhatIsSlowedTakesItsTime(t *testing.T) {
	f, conn := echo(t)
	f.Slow(20 * time.Millisecond)
	started := time.Now()
	require.NoError(t, say(conn, time.Second))
	require.GreaterOrEqual(t, time.Since(started), 40*time.Millisecond) // there and back
}
