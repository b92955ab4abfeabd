// Package smtp hands the mails of confirmed bookings to a mail server.
package smtp

import (
	"context"
	"crypto/tls"
	_ "embed"
	"fmt"
	html "html/template"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	text "text/template"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/eventra/eventra"
)

// sendTimeout bounds one mail, from dialling to the server's word that it has it.
const sendTimeout = 10 * time.Second

// Sender sends mails one at a time, each over a connection of its own. It is
// safe for concurrent use.
type Sender struct {
	host    string
	options []mail.Option
	from    *netmail.Address
	domain  string // of from, for message ids
}

// NewSender makes a sender for a URL such as smtp://user:password@host:25
// (STARTTLS where the server offers it) or smtps://host:465. It does not
// connect.
func NewSender(server, from string) (*Sender, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	address, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("smtp: sender %q: %w", from, err)
	}
	_, domain, _ := strings.Cut(address.Address, "@")
	s := &Sender{host: u.Hostname(), from: address, domain: domain, options: []mail.Option{mail.WithTimeout(sendTimeout)}}
	switch u.Scheme {
	case "smtp":
		s.options = append(s.options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case "smtps":
		s.options = append(s.options, mail.WithSSLPort(false))
	default:
		return nil, fmt.Errorf("smtp: %q is neither smtp nor smtps", u.Scheme)
	}
	s.options = append(s.options, mail.WithTLSConfig(&tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}))
	if port := u.Port(); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil {
			return nil, fmt.Errorf("smtp: port %q: %w", port, err)
		}
		s.options = append(s.options, mail.WithPort(n))
	}
	if password, ok := u.User.Password(); ok {
		s.options = append(s.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	return s, nil
}

// Send returns nil once the server has taken the mail.
func (s *Sender) Send(ctx context.Context, m *eventra.TicketMail) error {
	msg, err := s.compose(m)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	client, err := mail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	return nil
}

//go:embed ticket.html
var htmlSource string

//go:embed ticket.txt
var textSource string

var (
	functions  = map[string]any{"money": money}
	htmlTicket = html.Must(html.New("html").Funcs(functions).Parse(htmlSource))
	textTicket = text.Must(text.New("text").Funcs(functions).Parse(textSource))
)

// ticket is what the templates show.
type ticket struct {
	*eventra.TicketMail
	When string
}

func (s *Sender) compose(m *eventra.TicketMail) (*mail.Msg, error) {
	msg := mail.NewMsg()
	msg.FromMailAddress(s.from)
	if err := msg.AddToFormat(m.Name, m.To); err != nil {
		return nil, err
	}
	msg.Subject("Your tickets for " + strings.Join(strings.Fields(m.EventTitle), " "))
	msg.SetMessageIDWithValue(m.BookingID.String() + "@" + s.domain)
	msg.SetDate()
	data := ticket{m, when(m.StartsAt, m.Timezone)}
	if err := msg.SetBodyTextTemplate(textTicket, data); err != nil {
		return nil, err
	}
	return msg, msg.AddAlternativeHTMLTemplate(htmlTicket, data)
}

// when writes a time as people at the venue read it.
func when(at time.Time, timezone string) string {
	if zone, err := time.LoadLocation(timezone); err == nil {
		at = at.In(zone)
	}
	return at.Format("Monday, 2 January 2006, 15:04 MST")
}

// minorDigits are the currencies (ISO 4217) that do not have two decimals.
var minorDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// money writes an amount of minor units, such as "25.00 EUR".
func money(m eventra.Money) string {
	digits, known := minorDigits[m.Currency]
	if !known {
		digits = 2
	}
	if digits == 0 {
		return fmt.Sprintf("%d %s", m.Amount, m.Currency)
	}
	unit := int64(1)
	for range digits {
		unit *= 10
	}
	return fmt.Sprintf("%d.%0*d %s", m.Amount/unit, digits, m.Amount%unit, m.Currency)
}
