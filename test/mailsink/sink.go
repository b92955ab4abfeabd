// Package mailsink is an SMTP server that counts the messages it receives and
// keeps none of them.
package mailsink

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

// Sink is the server. It is safe for concurrent use.
type Sink struct {
	server   *smtp.Server
	listener net.Listener
	refusing atomic.Bool
	refused  atomic.Int64

	mu       sync.Mutex
	messages map[string]Message // by message id, without its brackets
	resumed  chan struct{}      // closed when the server answers again; nil while it answers
}

// Message is one message with all its copies.
type Message struct {
	To     string
	Copies int
}

// Open starts a sink on the loopback interface.
func Open() (*Sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{listener: listener, messages: map[string]Message{}}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }))
	s.server.Domain = "localhost"
	s.server.ReadTimeout, s.server.WriteTimeout = time.Minute, time.Minute
	s.server.ErrorLog = log.New(io.Discard, "", 0)           // broken connections are expected
	go func() { _ = s.server.Serve(hanging{listener, s}) }() // ends when the server is closed
	return s, nil
}

// URL returns the server's smtp URL.
func (s *Sink) URL() string { return "smtp://" + s.listener.Addr().String() }

// Refuse makes the server refuse every mail with a temporary error, or accept
// mails again.
func (s *Sink) Refuse(refuse bool) { s.refusing.Store(refuse) }

// Refused returns the number of refused mails.
func (s *Sink) Refused() int64 { return s.refused.Load() }

// Hang makes the server answer nothing, neither to new connections nor to the next mail of
// another one, or answer again. Connections are accepted nevertheless.
func (s *Sink) Hang(hang bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case hang && s.resumed == nil:
		s.resumed = make(chan struct{})
	case !hang && s.resumed != nil:
		close(s.resumed)
		s.resumed = nil
	}
}

// await waits while the server hangs.
func (s *Sink) await() {
	s.mu.Lock()
	resumed := s.resumed
	s.mu.Unlock()
	if resumed != nil {
		<-resumed
	}
}

// hanging is a listener whose connections are served when the server does not hang.
type hanging struct {
	net.Listener
	sink *Sink
}

// Accept implements net.Listener. The kernel accepts further connections meanwhile.
func (h hanging) Accept() (net.Conn, error) {
	conn, err := h.Listener.Accept()
	h.sink.await()
	return conn, err
}

// Messages returns what was received, by message id.
func (s *Sink) Messages() map[string]Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.messages)
}

// Close closes the server.
func (s *Sink) Close() {
	s.Hang(false)
	_ = s.server.Close()
}

// session is one client's connection.
type session struct {
	sink *Sink
	to   string
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	s.sink.await()
	if s.sink.refusing.Load() {
		s.sink.refused.Add(1)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Not now"}
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	received, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	id := strings.Trim(received.Header.Get("Message-ID"), "<>")
	if _, err := io.Copy(io.Discard, received.Body); err != nil {
		return err
	}
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	message := s.sink.messages[id]
	message.To, message.Copies = s.to, message.Copies+1
	s.sink.messages[id] = message
	return nil
}

func (s *session) Reset() { s.to = "" }

func (s *session) Logout() error { return nil }
