// Package smtp sends mails through a mail server.
package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/eventra/eventra"
)

const (
	// sendTimeout bounds the sending of one mail, the connection included.
	sendTimeout = 10 * time.Second

	submissionPort  = 587 // smtp://, RFC 6409
	submissionsPort = 465 // smtps://, RFC 8314
)

// Sender sends mails through one server. Mails that follow each other share a
// connection. It implements actors.MailSender.
type Sender struct {
	// Link makes the link of a mail that has one. Set it before the first mail.
	Link func(m *eventra.Mail) (string, error)

	server url.URL
	port   int
	from   *mail.Address
	domain string // of from, for message ids

	mu     sync.Mutex
	idle   []*session
	closed bool
}

// NewSender makes a Sender for a server: smtp://user:password@host:port uses TLS if
// the server offers STARTTLS, smtps://… uses TLS from the start. Credentials are
// never sent unencrypted. From is the sender's address, such as
// "Eventra <tickets@example.com>".
func NewSender(server, from string) (*Sender, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, errors.New("smtp: the server's URL is malformed") // the cause would show the password
	}
	s := &Sender{server: *u}
	switch u.Scheme {
	case "smtp":
		s.port = submissionPort
	case "smtps":
		s.port = submissionsPort
	default:
		return nil, errors.New("smtp: the server's URL must begin with smtp:// or smtps://")
	}
	if u.Hostname() == "" {
		return nil, errors.New("smtp: the server's URL has no host")
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, fmt.Errorf("smtp: port: %w", err)
		}
	}
	if s.from, err = mail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("smtp: sender's address %q: %w", from, err)
	}
	s.from.Address = asciiDomain(s.from.Address)
	s.domain = s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
	return s, nil
}

// Send implements actors.MailSender.
func (s *Sender) Send(ctx context.Context, m *eventra.Mail) error {
	message, err := s.compose(m)
	if err != nil {
		return fmt.Errorf("smtp: mail %v: %w", m.MailRef, err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if idle := s.take(); idle != nil {
		if err = s.sendOver(ctx, idle, message); err == nil {
			return nil
		}
		if err = permanent(err); errors.Is(err, eventra.ErrMailRefused) {
			return fmt.Errorf("smtp: %w", err)
		}
		// The server may have closed it meanwhile: a new connection decides.
		if message, err = s.compose(m); err != nil {
			return fmt.Errorf("smtp: mail %v: %w", m.MailRef, err)
		}
	}
	session, err := s.dial(ctx)
	if err == nil {
		err = s.sendOver(ctx, session, message)
	}
	if err != nil {
		return fmt.Errorf("smtp: %w", permanent(err))
	}
	return nil
}

// permanent marks a server's refusal of this mail as final: a 5xx reply, unless it
// is about how we authenticate, which an operator can mend.
func permanent(err error) error {
	var refusal *gomail.SendError
	if !errors.As(err, &refusal) {
		return err
	}
	if code := refusal.ErrorCode(); code < 500 || code >= 530 && code <= 538 {
		return err
	}
	return fmt.Errorf("%w: %w", eventra.ErrMailRefused, err)
}

func (s *Sender) sendOver(ctx context.Context, c *session, message *gomail.Msg) error {
	usable, err := c.send(ctx, message)
	if usable {
		s.keep(c)
	} else {
		c.close()
	}
	return err
}
