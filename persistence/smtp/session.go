package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

const (
	// sessionsIdleMax idle connections are kept for the next mails, each for
	// sessionIdle at most. Servers close idle ones after some minutes.
	sessionsIdleMax = 4
	sessionIdle     = 5 * time.Second
)

// session is a connection that sends one mail after the other.
type session struct {
	mails *gomail.Client
	smtp  *gosmtp.Client
	conn  net.Conn
	ends  *time.Timer // closes the session while it is idle
}

// dial opens a session. ctx bounds only the opening.
func (s *Sender) dial(ctx context.Context) (*session, error) {
	opened := &session{}
	var stop func() bool
	connect := func(dialing context.Context, network, address string) (conn net.Conn, err error) {
		if conn, err = s.connect(dialing, network, address); err == nil {
			opened.conn, stop = conn, context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	var err error
	if opened.mails, err = gomail.NewClient(s.server.Hostname(), s.options(connect)...); err != nil {
		return nil, err
	}
	opened.smtp, err = opened.mails.DialToSMTPClientWithContext(ctx)
	if stop != nil {
		stop()
	}
	if err != nil {
		opened.close()
		return nil, err
	}
	return opened, nil
}

func (s *Sender) connect(ctx context.Context, network, address string) (net.Conn, error) {
	var plain net.Dialer
	if s.server.Scheme != "smtps" {
		return plain.DialContext(ctx, network, address)
	}
	config := &tls.Config{ServerName: s.server.Hostname(), MinVersion: tls.VersionTLS12}
	return (&tls.Dialer{NetDialer: &plain, Config: config}).DialContext(ctx, network, address)
}

func (s *Sender) options(connect gomail.DialContextFunc) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.port),
		gomail.WithTimeout(sendTimeout),
		gomail.WithTLSPolicy(gomail.TLSOpportunistic),
		gomail.WithDialContextFunc(connect),
		gomail.WithoutNoop(),
	}
	if s.server.User != nil {
		password, _ := s.server.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.server.User.Username()), gomail.WithPassword(password))
	}
	return options
}

// send sends one mail, and gives up when ctx ends. Once the server has accepted the
// mail, later errors only make the session unusable.
func (c *session) send(ctx context.Context, message *gomail.Msg) (usable bool, err error) {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	defer stop()
	err = c.mails.SendWithSMTPClient(c.smtp, message)
	if message.IsDelivered() {
		return err == nil, nil
	}
	return false, err
}

// close closes the connection without a QUIT: the server has answered everything.
func (c *session) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// take returns an idle session, or nil.
func (s *Sender) take() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.idle) > 0 {
		last := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if last.ends.Stop() {
			return last
		}
	}
	return nil
}

// keep keeps a session idle for the next mail.
func (s *Sender) keep(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) == sessionsIdleMax {
		c.close()
		return
	}
	c.ends = time.AfterFunc(sessionIdle, c.close)
	s.idle = append(s.idle, c)
}

// Close closes the idle sessions. Others close after their mail.
func (s *Sender) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for c := s.take(); c != nil; c = s.take() {
		c.close()
	}
}
