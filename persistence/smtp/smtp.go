// Package smtp hands mails to a mail server.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
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

// Sender sends mails through one server, each over a connection of its own:
// actors.MailSender.
type Sender struct {
	server url.URL
	port   int
	from   *mail.Address
	domain string // of from: makes message ids ours
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
	dial := dialer{ctx: ctx, tls: s.server.Scheme == "smtps", host: s.server.Hostname()}
	defer dial.close()
	client, err := gomail.NewClient(s.server.Hostname(), s.options(&dial)...)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, message)
	if err != nil && !message.IsDelivered() { // once the server took it, a bad farewell is no matter
		return fmt.Errorf("smtp: %w", err)
	}
	return nil
}

func (s *Sender) options(dial *dialer) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.port),
		gomail.WithTimeout(sendTimeout),
		gomail.WithTLSPolicy(gomail.TLSOpportunistic),
		gomail.WithDialContextFunc(dial.dial),
		gomail.WithoutNoop(),
	}
	if s.server.User != nil {
		password, _ := s.server.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.server.User.Username()), gomail.WithPassword(password))
	}
	return options
}

// dialer connects for one mail and ends the connection with it, however far
// the library came and however slow the server is.
type dialer struct {
	ctx  context.Context
	tls  bool
	host string

	conn net.Conn
	stop func() bool
}

func (d *dialer) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	var plain net.Dialer
	if d.tls {
		conn, err = (&tls.Dialer{NetDialer: &plain, Config: &tls.Config{ServerName: d.host, MinVersion: tls.VersionTLS12}}).DialContext(ctx, network, address)
	} else {
		conn, err = plain.DialContext(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	d.conn = conn
	d.stop = context.AfterFunc(d.ctx, func() { conn.Close() })
	return conn, nil
}

func (d *dialer) close() {
	if d.conn != nil {
		d.stop()
		d.conn.Close()
	}
}
