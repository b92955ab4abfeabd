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

// postOffice takes mails over any number of connections, each of which it ends
// after so many.
type postOffice struct {
	address            string
	connections, mails atomic.Int32
}

func openPostOffice(t *testing.T, mailsEach int) *postOffice {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &postOffice{address: "smtp://" + listener.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.connections.Add(1)
			serving.Go(func() {
				defer conn.Close()
				p.talk(conn, mailsEach)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return p
}

func (p *postOffice) talk(conn net.Conn, mailsEach int) {
	fmt.Fprint(conn, "220 here\r\n")
	for taken, lines := 0, bufio.NewScanner(conn); lines.Scan(); {
		switch verb := strings.ToUpper(lines.Text()); {
		case verb == "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			for lines.Scan() && lines.Text() != "." {
			}
			p.mails.Add(1)
			taken++
			fmt.Fprint(conn, "250 taken\r\n")
		case strings.HasPrefix(verb, "EHLO"):
			fmt.Fprint(conn, "250-here\r\n250 8BITMIME\r\n")
		case verb == "RSET" && taken == mailsEach:
			fmt.Fprint(conn, "250 fine\r\n")
			return
		default:
			fmt.Fprint(conn, "250 fine\r\n")
		}
	}
}

func TestMailsShareAConnection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ mailsEach, connections int }{
		"as long as the server likes":     {100, 1},
		"which the server ends meanwhile": {2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			office := openPostOffice(t, c.mailsEach)
			sender, err := NewSender(office.address, "tickets@eventra.test")
			require.NoError(t, err)
			for range 5 {
				require.NoError(t, sender.Send(t.Context(), ticketMail("a@example.org")))
			}
			require.EqualValues(t, 5, office.mails.Load(), "each once")
			require.EqualValues(t, c.connections, office.connections.Load())
			sender.Close() // else the office would wait for more
		})
	}
}
