package admission

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConn_ReleasesItsSlotOnce(t *testing.T) {
	t.Parallel()
	l := &Limiter{slots: make(chan struct{}, 2)}
	c := &Conn{listener: &Listener{Limiter: l}}
	c.acquireSlot()
	c.releaseSlot()
	c.releaseSlot()
	require.Empty(t, l.slots)
}

// accepted returns a listener with one connection, and both ends of that.
func accepted(t *testing.T) (l *Listener, server net.Conn, client *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l = &Listener{Limiter: NewLimiter(), ReadTimeout: time.Minute}
	l.Open(ln)
	t.Cleanup(func() { _ = l.Close() })
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	server, err = l.Accept()
	require.NoError(t, err)
	return l, server, conn.(*net.TCPConn)
}

func TestListener_Close(t *testing.T) {
	t.Parallel()
	t.Run("ends an idle connection soon", func(t *testing.T) {
		t.Parallel()
		l, server, _ := accepted(t)
		require.NoError(t, server.SetReadDeadline(time.Now().Add(time.Minute)))
		require.NoError(t, l.Close())
		require.NoError(t, server.SetReadDeadline(time.Now().Add(time.Minute)), "as the server does before it waits for a request")
		start := time.Now()
		_, err := server.Read(make([]byte, 1))
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())
		require.Less(t, time.Since(start), time.Minute/2)
	})
	t.Run("leaves a request under way its time", func(t *testing.T) {
		t.Parallel()
		l, server, client := accepted(t)
		require.NoError(t, l.Close())
		_, err := io.WriteString(client, "a")
		require.NoError(t, err)
		_, err = server.Read(make([]byte, 1))
		require.NoError(t, err)
		require.False(t, l.drainsIdle(server.(*Conn)))
	})
}
