// Package mailbox is a mail server that only counts: which messages came, and
// how often.
package mailbox

import (
	"io"
	"log"
	"maps"
	"net"
	"net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// Box takes mails. It is safe for concurrent use.
type Box struct {
	server   *smtp.Server
	listener net.Listener
	refusing atomic.Bool
	refused  atomic.Int64

	mu      sync.Mutex
	letters map[string]Letter // by message id, without its brackets
}

// Letter is one message, with all its copies.
type Letter struct {
	To     string
	Copies int
}

// Open starts a mail server on the loopback interface.
func Open() (*Box, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &Box{listener: listener, letters: map[string]Letter{}}
	b.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: b}, nil }))
	b.server.Domain = "localhost"
	b.server.ReadTimeout, b.server.WriteTimeout = time.Minute, time.Minute
	b.server.ErrorLog = log.New(io.Discard, "", 0) // who breaks off is no news here
	go func() { _ = b.server.Serve(listener) }()   // ends when the server is closed
	return b, nil
}

// URL is where mails are sent to.
func (b *Box) URL() string { return "smtp://" + b.listener.Addr().String() }

// Refuse has the server refuse every mail for now, or take them again.
func (b *Box) Refuse(refuse bool) { b.refusing.Store(refuse) }

// Refused counts the mails that were refused.
func (b *Box) Refused() int64 { return b.refused.Load() }

// Letters returns what has come, by message id.
func (b *Box) Letters() map[string]Letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.letters)
}

// Close ends the server.
func (b *Box) Close() { _ = b.server.Close() }

// session is one client's connection.
type session struct {
	box *Box
	to  string
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.box.refusing.Load() {
		s.box.refused.Add(1)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Not now"}
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	id := strings.Trim(message.Header.Get("Message-ID"), "<>")
	if _, err := io.Copy(io.Discard, message.Body); err != nil {
		return err
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	letter := s.box.letters[id]
	letter.To, letter.Copies = s.to, letter.Copies+1
	s.box.letters[id] = letter
	return nil
}

func (s *session) Reset() { s.to = "" }

func (s *session) Logout() error { return nil }
