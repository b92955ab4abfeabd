// Package smtp hands mails to a mail server.
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
	// sendTimeout bounds one mail from the first packet to the last.
	sendTimeout = 10 * time.Second

	submissionPort  = 587 // smtp://, RFC 6409
	submissionsPort = 465 // smtps://, RFC 8314
)

// Sender sends mails through one server, many over one connection while there
// are many: actors.MailSender.
type Sender struct {
	server url.URL
	port   int
	from   *mail.Address
	domain string // of from: makes message ids ours

	mu     sync.Mutex
	idle   []*session
	closed bool
}

// NewSender makes a Sender for a server smtp://user:password@host:port, which is
// spoken to over TLS if it offers STARTTLS, or smtps://…, over TLS from the
// start. Credentials never go unencrypted. From is the sender's address, such as
// "Eventra <tickets@example.com>".
func NewSender(server, from string) (*Sender, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, errors.New("smtp: the server's URL is malformed") // the cause would repeat its password
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
		return nil, errors.New("smtp: the server's URL names no host")
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, fmt.Errorf("smtp: port: %w", err)
		}
	}
	if s.from, err = mail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("smtp: sender's address %q: %w", from, err)
	}
	s.domain = s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
	return s, nil
}

// Send implements actors.MailSender.
func (s *Sender) Send(ctx context.Context, m *eventra.TicketMail) error {
	message, err := s.compose(m)
	if err != nil {
		return fmt.Errorf("smtp: mail for booking %s: %w", m.BookingID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if waiting := s.take(); waiting != nil {
		if err = s.sendOver(ctx, waiting, message); err == nil {
			return nil
		}
		// The server may have ended it meanwhile; a new one has the last word.
		if message, err = s.compose(m); err != nil {
			return fmt.Errorf("smtp: mail for booking %s: %w", m.BookingID, err)
		}
	}
	session, err := s.dial(ctx)
	if err == nil {
		err = s.sendOver(ctx, session, message)
	}
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	return nil
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
