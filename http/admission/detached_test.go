package admission

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDetached_Push(t *testing.T) {
	t.Parallel()
	t.Run("does not wait for a client that does not read", func(t *testing.T) {
		t.Parallel()
		_, server, client := accepted(t)
		d := Detach(server)
		sent, chunk := 0, make([]byte, 1<<20)
		for {
			n, err := d.Push(chunk)
			require.NoError(t, err)
			sent += n
			if n == 0 {
				break
			}
		}
		require.True(t, server.(*Conn).waiting.Load(), "it may make room for another one")
		read := make(chan error, 1)
		go func() {
			_, err := io.CopyN(io.Discard, client, int64(sent)+1)
			read <- err
		}()
		require.Eventually(t, func() bool {
			n, err := d.Push([]byte("x"))
			return n == 1 && err == nil
		}, 10*time.Second, time.Millisecond)
		require.NoError(t, <-read)
		require.False(t, server.(*Conn).waiting.Load())
	})
	t.Run("has no deadline of earlier responses", func(t *testing.T) {
		t.Parallel()
		_, server, client := accepted(t)
		require.NoError(t, server.SetWriteDeadline(time.Now().Add(-time.Second)))
		_, err := server.Write([]byte("x"))
		require.Error(t, err)
		n, err := Detach(server).Push([]byte("y"))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		got := make([]byte, 1)
		_, err = io.ReadFull(client, got)
		require.NoError(t, err)
		require.Equal(t, "y", string(got))
	})
	t.Run("fails once the connection has ended", func(t *testing.T) {
		t.Parallel()
		l, server, _ := accepted(t)
		d := Detach(server)
		require.NoError(t, d.Close())
		_, err := d.Push([]byte("x"))
		require.ErrorIs(t, err, net.ErrClosed)
		require.Empty(t, l.all.conns, "it counts no more")
	})
	t.Run("sees that its client has gone", func(t *testing.T) {
		t.Parallel()
		_, server, client := accepted(t)
		require.NoError(t, server.SetReadDeadline(time.Now().Add(-time.Second)))
		d := Detach(server)
		require.False(t, d.Gone())
		require.NoError(t, client.Close())
		require.Eventually(t, d.Gone, 10*time.Second, time.Millisecond)
		require.NoError(t, d.Close())
		require.True(t, d.Gone())
	})
	t.Run("does not wait for what its client sends", func(t *testing.T) {
		t.Parallel()
		_, server, client := accepted(t)
		d := Detach(server)
		_, err := client.Write([]byte("x"))
		require.NoError(t, err)
		require.False(t, d.Gone())
	})
	t.Run("waits a moment where nothing else is possible", func(t *testing.T) {
		t.Parallel()
		server, client := net.Pipe()
		d := Detach(server)
		n, err := d.Push([]byte("x"))
		require.NoError(t, err)
		require.Zero(t, n)
		go func() { _, _ = io.Copy(io.Discard, client) }()
		require.Eventually(t, func() bool {
			n, err := d.Push([]byte("x"))
			return n == 1 && err == nil
		}, 10*time.Second, time.Millisecond)
		require.NoError(t, d.Close())
	})
}
