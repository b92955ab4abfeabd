package smtp

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// server accepts mails over any number of connections. It closes each after a
// number of mails.
type server struct {
	address            string
	connections, mails atomic.Int32
}

func newServer(t *testing.T, mailsEach int) *server {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{address: "smtp://" + listener.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			serving.Go(func() {
				defer conn.Close()
				s.talk(conn, mailsEach)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return s
}

func (s *server) talk(conn net.Conn, mailsEach int) {
	fmt.Fprint(conn, "220 here\r\n")
	for accepted, lines := 0, bufio.NewScanner(conn); lines.Scan(); {
		switch verb := strings.ToUpper(lines.Text()); {
		case verb == "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			for lines.Scan() && lines.Text() != "." {
			}
			s.mails.Add(1)
			accepted++
			fmt.Fprint(conn, "250 accepted\r\n")
		case strings.HasPrefix(verb, "EHLO"):
			fmt.Fprint(conn, "250-here\r\n250 8BITMIME\r\n")
		case verb == "RSET" && accepted == mailsEach:
			fmt.Fprint(conn, "250 fine\r\n")
			return
		default:
			fmt.Fprint(conn, "250 fine\r\n")
		}
	}
}

func TestSender_SendSharesConnections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ mailsEach, connections int }{
		"while the server keeps them":      {100, 1},
		"that the server closes meanwhile": {2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, c.mailsEach)
			sender, err := NewSender(server.address, "tickets@eventra.test")
			require.NoError(t, err)
			for range 5 {
				require.NoError(t, sender.Send(t.Context(), ticketMail("a@example.org")))
			}
			require.EqualValues(t, 5, server.mails.Load(), "each once")
			require.EqualValues(t, c.connections, server.connections.Load())
			sender.Close() // otherwise the server would wait for more mails
		})
	}
}
