package smtp

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/eventra/eventra"
)

//go:embed layout.html ticket.html ticket.txt notice.html notice.txt account.html account.txt
var templateFiles embed.FS

var (
	ticketHTML = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "ticket.html", "layout.html"))
	ticketText = texttemplate.Must(texttemplate.ParseFS(templateFiles, "ticket.txt"))
)

// ticket is the data of the templates.
type ticket struct {
	Subject   string
	Heading   string
	Name      string
	Event     string
	Venue     string
	When      string // in the venue's time zone
	Seats     []ticketSeat
	Total     string
	Sum       string // what the total is
	BookingID string
	Reference string // empty for none
	Footer    string // why the recipient gets the mail
}

// ticketSeat is a line of the table: a seat, or without row and number a place.
type ticketSeat struct {
	Name, Section, Row, Number string
	Type                       string // of ticket; empty for the usual one
	Price                      string
}

func (s *Sender) compose(m *eventra.Mail) (*gomail.Msg, error) {
	to, err := mail.ParseAddress(m.To)
	if err != nil || to.Address != m.To {
		return nil, fmt.Errorf("%w: %q is not an e-mail address", eventra.ErrMailRefused, m.To)
	}
	l, err := s.newLetter(m)
	if err != nil {
		return nil, err
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent()) // nobody has to know the library and its version
	message.FromMailAddress(s.from)
	message.ToMailAddress(&mail.Address{Name: oneLine(m.Name), Address: asciiDomain(to.Address)})
	message.Subject(l.subject)
	message.SetDate()
	message.SetMessageIDWithValue(m.MailRef.String() + "@" + s.domain)
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no automatic answers

	if err := message.SetBodyTextTemplate(l.text, l.data); err != nil {
		return nil, err
	}
	return message, message.AddAlternativeHTMLTemplate(l.html, l.data)
}

// letter is a mail's subject, and its templates with their data.
type letter struct {
	subject string
	text    *texttemplate.Template
	html    *htmltemplate.Template
	data    any
}

func (s *Sender) newLetter(m *eventra.Mail) (letter, error) {
	switch m.Box() {
	case eventra.TicketBox:
		t := newTicket(m)
		return letter{t.Subject, ticketText, ticketHTML, t}, nil
	case eventra.AccountBox:
		a, err := s.newAccount(m)
		if err != nil {
			return letter{}, err
		}
		return letter{a.Subject, accountText, accountHTML, a}, nil
	}
	n := newNotice(m)
	return letter{n.Subject, noticeText, noticeHTML, n}, nil
}

// asciiDomain writes an address with its domain as the DNS has it, which every
// mail server takes. What is no domain name stays as it is.
func asciiDomain(address string) string {
	at := strings.LastIndexByte(address, '@')
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return address
	}
	return address[:at+1] + domain
}

func newTicket(m *eventra.Mail) *ticket {
	t := &ticket{
		Subject:   "Your tickets for " + oneLine(m.EventTitle),
		Heading:   "Your tickets",
		Name:      oneLine(m.Name),
		Event:     oneLine(m.EventTitle),
		Venue:     oneLine(m.Venue),
		When:      when(m.Occasion),
		Total:     formatMoney(m.Total),
		Sum:       "Total",
		BookingID: m.BookingID.String(),
		Reference: m.Reference.String(),
		Footer:    "Sent by Eventra because you booked tickets.",
	}
	for i := range m.Items {
		item := &m.Items[i]
		seat := ticketSeat{Name: item.Name(), Section: item.Section, Row: item.Row,
			Price: formatMoney(eventra.Money{Amount: item.Amount, Currency: m.Total.Currency})}
		if item.Seated() {
			seat.Number = strconv.Itoa(item.Number)
		}
		if item.TicketType != eventra.TicketTypeStandard { // which says nothing
			seat.Type = oneLine(item.TicketType)
		}
		t.Seats = append(t.Seats, seat)
	}
	return t
}

// when is the time of an occasion in its own time zone.
func when(o eventra.Occasion) string {
	zone, err := time.LoadLocation(o.Timezone)
	if err != nil {
		zone = time.UTC // the time in UTC is better than no mail
	}
	return o.StartsAt.In(zone).Format("Monday, 2 January 2006, 15:04 MST")
}

// oneLine replaces line breaks and other control characters, so that a user's text
// cannot add a line, least of all to the headers.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f:
			return ' '
		case unicode.Is(unicode.Bidi_Control, r): // it would turn what follows the text, too
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// formatMoney writes an amount in major units, with as many decimals as the
// currency has and commas between thousands.
func formatMoney(m eventra.Money) string {
	decimals, _ := eventra.CurrencyDecimals(m.Currency)
	digits := fmt.Sprintf("%0*d", decimals+1, m.Amount)
	whole, fraction := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return whole + " " + m.Currency
}
