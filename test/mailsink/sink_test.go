package mailsink

import (
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func send(b *Sink, id string) error {
	return smtp.SendMail(strings.TrimPrefix(b.URL(), "smtp://"), nil, "from@example.org", []string{"to@example.org"},
		[]byte("Message-ID: <"+id+">\r\nSubject: Tickets\r\n\r\nText\r\n"))
}

func TestSink_CountsCopiesByMessageID(t *testing.T) {
	b, err := Open()
	require.NoError(t, err)
	defer b.Close()
	require.NoError(t, send(b, "one@x"))
	require.NoError(t, send(b, "one@x"))
	require.NoError(t, send(b, "two@x"))
	require.Equal(t, map[string]Message{"one@x": {"to@example.org", 2}, "two@x": {"to@example.org", 1}}, b.Messages())
}

func TestSink_Refuse_IsTemporary(t *testing.T) {
	b, err := Open()
	require.NoError(t, err)
	defer b.Close()
	b.Refuse(true)
	require.ErrorContains(t, send(b, "one@x"), "451")
	require.Equal(t, int64(1), b.Refused())
	require.Empty(t, b.Messages())
	b.Refuse(false)
	require.NoError(t, send(b, "one@x"))
	require.Len(t, b.Messages(), 1)
}

func TestSink_Hang_AcceptsAndAnswersLater(t *testing.T) {
	b, err := Open()
	require.NoError(t, err)
	defer b.Close()
	open, err := smtp.Dial(strings.TrimPrefix(b.URL(), "smtp://"))
	require.NoError(t, err)
	defer open.Close()
	b.Hang(true)
	sent := make(chan error, 2)
	go func() { sent <- send(b, "one@x") }()
	go func() { sent <- open.Mail("from@example.org") }()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(b.URL(), "smtp://"), time.Second)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
	_, err = conn.Read(make([]byte, 1))
	require.ErrorContains(t, err, "timeout")
	require.Empty(t, sent)
	b.Hang(false)
	require.NoError(t, <-sent)
	require.NoError(t, <-sent)
	require.Len(t, b.Messages(), 1)
}
