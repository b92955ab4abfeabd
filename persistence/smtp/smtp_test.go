package smtp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ticketMail(to string) *eventra.Mail {
	return &eventra.Mail{
		MailRef: eventra.Tickets(eventra.ID(uuid.New())), To: to, Name: "Zoë \"Z\" <b>", EventTitle: "Bach\r\nBcc: evil@example.org & <Sons>",
		Occasion: eventra.Occasion{Venue: "Hall, Berlin", StartsAt: time.Date(2027, 7, 1, 18, 30, 0, 0, time.UTC), Timezone: "Europe/Berlin"},
		Items: []eventra.Item{
			{Section: "A", Row: "3", Number: 12, Amount: 2505},
			{Section: "A", Row: "3", Number: 13, Amount: 2500},
		},
		Total: eventra.Money{Amount: 5005, Currency: "EUR"}, Reference: 4711,
	}
}

// caught is a mail as the development stack's mail catcher shows it.
type caught struct {
	MessageID, From, Subject, Text, HTML string
	To                                   []string
}

func catch(t *testing.T, to string) []caught {
	t.Helper()
	page := persistencetest.Server(t, "EVENTRA_DEV_MAIL_URL")
	response, err := http.Get(page + "/api/messages?to=" + url.QueryEscape(to))
	require.NoError(t, err)
	defer response.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var mails []caught
	require.NoError(t, json.NewDecoder(response.Body).Decode(&mails))
	return mails
}

func newSender(t *testing.T) *Sender {
	server := persistencetest.Server(t, "EVENTRA_SMTP_URL")
	sender, err := NewSender(server, "Eventra <tickets@eventra.test>")
	require.NoError(t, err)
	t.Cleanup(sender.Close)
	return sender
}

func TestSender_Send(t *testing.T) {
	t.Parallel()
	m := ticketMail(uuid.NewString() + "@example.org")
	require.NoError(t, newSender(t).Send(t.Context(), m))

	mails := catch(t, m.To)
	require.Len(t, mails, 1)
	got := mails[0]
	require.Equal(t, m.BookingID.String()+"@eventra.test", strings.Trim(got.MessageID, "<>"))
	require.Equal(t, "tickets@eventra.test", got.From)
	require.Equal(t, []string{m.To}, got.To, "the name adds no recipient")
	require.Equal(t, "Your tickets for Bach Bcc: evil@example.org & <Sons>", got.Subject)
	for _, part := range []string{
		"A-3-12", "A-3-13", "25.05 EUR", "25.00 EUR", "50.05 EUR", "Thursday, 1 July 2027, 20:30 CEST", m.BookingID.String(), "CMKM-6DMM", "Hall, Berlin",
	} {
		require.Contains(t, got.Text, part)
		require.Contains(t, got.HTML, part)
	}
	require.Contains(t, got.Text, "Hello Zoë \"Z\" <b>,")
	require.Contains(t, got.HTML, "&lt;Sons&gt;")
}

func TestSender_ComposeRejectsInjectedHeaders(t *testing.T) {
	t.Parallel()
	sender, err := NewSender("smtp://127.0.0.1:25", "tickets@eventra.test")
	require.NoError(t, err)
	for name, spoil := range map[string]func(*eventra.Mail){
		"title":             func(m *eventra.Mail) { m.EventTitle = "x\r\nBcc: evil@example.org\r\n\r\nbody" },
		"name":              func(m *eventra.Mail) { m.Name = "x\nBcc: evil@example.org" },
		"name as addresses": func(m *eventra.Mail) { m.Name = `x" <evil@example.org>, "y` },
		"encoded name":      func(m *eventra.Mail) { m.Name = "=?utf-8?q?x=0D=0ABcc:_evil@example.org?=" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := ticketMail("a@example.org")
			spoil(m)
			message, err := sender.compose(m)
			require.NoError(t, err)
			recipients, err := message.GetRecipients()
			require.NoError(t, err)
			require.Equal(t, []string{"<a@example.org>"}, recipients)
			var raw strings.Builder
			_, err = message.WriteTo(&raw)
			require.NoError(t, err)
			headers, _, _ := strings.Cut(raw.String(), "\r\n\r\n")
			for line := range strings.SplitSeq(headers, "\r\n") {
				require.NotContains(t, strings.ToLower(line[:min(4, len(line))]), "bcc:")
			}
		})
	}
	for _, to := range []string{"", "a@example.org\r\nBcc: b@example.org", "A <a@example.org>", "a@example.org, b@example.org", "a b@c"} {
		_, err := sender.compose(ticketMail(to))
		require.Error(t, err, to)
	}
}

func TestSender_ComposeDoesNotNameItsLibrary(t *testing.T) {
	t.Parallel()
	s, err := NewSender("smtp://127.0.0.1:1", "Eventra <tickets@eventra.test>")
	require.NoError(t, err)
	message, err := s.compose(ticketMail("a@example.org"))
	require.NoError(t, err)
	var raw strings.Builder
	_, err = message.WriteTo(&raw)
	require.NoError(t, err)
	for _, word := range []string{"User-Agent", "X-Mailer", "go-mail", "wneessen"} {
		require.NotContains(t, strings.ToLower(raw.String()), strings.ToLower(word))
	}
}

func TestFormatMoney(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]eventra.Money{
		"0.05 EUR": {Amount: 5, Currency: "EUR"}, "12 JPY": {Amount: 12, Currency: "JPY"}, "0 JPY": {Currency: "JPY"},
		"1.234 KWD": {Amount: 1234, Currency: "KWD"}, "100.00 USD": {Amount: 10000, Currency: "USD"}, "0.00 USD": {Currency: "USD"},
		"1.00 XYZ": {Amount: 100, Currency: "XYZ"}, "1,234.56 RSD": {Amount: 123456, Currency: "RSD"},
		"12,345.678 IQD": {Amount: 12345678, Currency: "IQD"}, "1,000.00 MGA": {Amount: 100000, Currency: "MGA"},
		"999.99 EUR": {Amount: 99999, Currency: "EUR"}, "1,000,000 JPY": {Amount: 1000000, Currency: "JPY"},
	} {
		require.Equal(t, want, formatMoney(m))
	}
}

func TestNewTicket_UnknownTimeZone(t *testing.T) {
	t.Parallel()
	m := ticketMail("a@example.org")
	m.Timezone = "Mars/Olympus"
	require.Equal(t, "Thursday, 1 July 2027, 18:30 UTC", newTicket(m).When)
}

func TestNewSender_RejectsInvalidAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"http://x", "a@b.c"}, {"smtp://x", "nobody"}, {"smtp://x:port", "a@b.c"}, {"smtp://", "a@b.c"}, {"smtp://u:se%cret@x", "a@b.c"},
	} {
		_, err := NewSender(c[0], c[1])
		require.Error(t, err, c)
		require.NotContains(t, err.Error(), "cret", "a password stays secret")
	}
}

// serve lets talk answer one connection.
func serve(t *testing.T, talk func(conn net.Conn, lines *bufio.Scanner)) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		talk(conn, bufio.NewScanner(conn))
	}()
	t.Cleanup(func() { listener.Close(); <-served })
	return "smtp://" + listener.Addr().String()
}

// converse accepts a mail the shortest way and lets end answer its text.
func converse(end func(conn net.Conn, lines *bufio.Scanner)) func(net.Conn, *bufio.Scanner) {
	return func(conn net.Conn, lines *bufio.Scanner) {
		fmt.Fprint(conn, "220 here\r\n")
		for lines.Scan() {
			switch verb := strings.ToUpper(lines.Text()); {
			case verb == "DATA":
				fmt.Fprint(conn, "354 go on\r\n")
				for lines.Scan() && lines.Text() != "." {
				}
				end(conn, lines)
				return
			case strings.HasPrefix(verb, "EHLO"):
				fmt.Fprint(conn, "250-here\r\n250 8BITMIME\r\n")
			default:
				fmt.Fprint(conn, "250 fine\r\n")
			}
		}
	}
}

func TestSender_SendSucceedsOnceTheServerHasAccepted(t *testing.T) {
	t.Parallel()
	server := serve(t, converse(func(conn net.Conn, _ *bufio.Scanner) { fmt.Fprint(conn, "250 accepted\r\n") }))
	sender, err := NewSender(server, "tickets@eventra.test")
	require.NoError(t, err)
	require.NoError(t, sender.Send(t.Context(), ticketMail("a@example.org")))
}

func TestSender_SendFailsWhenTheServerRejects(t *testing.T) {
	t.Parallel()
	server := serve(t, converse(func(conn net.Conn, _ *bufio.Scanner) { fmt.Fprint(conn, "451 not now\r\n") }))
	sender, err := NewSender(server, "tickets@eventra.test")
	require.NoError(t, err)
	require.ErrorContains(t, sender.Send(t.Context(), ticketMail("a@example.org")), "451")
}

// TestSender_SendKnowsPermanentRefusals: after a 5xx reply to this mail another try
// is no use. What concerns our own access, an operator can mend.
func TestSender_SendKnowsPermanentRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		verb, reply string
		permanent   bool
	}{
		{"RCPT", "550 5.1.1 no such user", true}, {"RCPT", "501 5.1.3 bad address syntax", true}, {"RCPT", "553 not allowed", true},
		{"MAIL", "552 too much mail", true}, {"DATA", "554 no", true}, {".", "554 5.7.1 spam", true},
		{"RCPT", "450 greylisted", false}, {"RCPT", "421 going away", false}, {".", "451 not now", false},
		{"MAIL", "530 5.7.0 authentication required", false},
	} {
		t.Run(c.verb+" "+c.reply, func(t *testing.T) {
			t.Parallel()
			sender, err := NewSender(serve(t, refuse(c.verb, c.reply)), "tickets@eventra.test")
			require.NoError(t, err)
			err = sender.Send(t.Context(), ticketMail("a@example.org"))
			require.ErrorContains(t, err, c.reply[:3])
			require.Equal(t, c.permanent, errors.Is(err, eventra.ErrMailRefused))
		})
	}
	sender, err := NewSender("smtp://127.0.0.1:25", "tickets@eventra.test")
	require.NoError(t, err)
	require.ErrorIs(t, sender.Send(t.Context(), ticketMail("no address")), eventra.ErrMailRefused)
}

// refuse replies to one verb, or to the end of the data, with a refusal.
func refuse(refused, reply string) func(net.Conn, *bufio.Scanner) {
	return func(conn net.Conn, lines *bufio.Scanner) {
		fmt.Fprint(conn, "220 here\r\n")
		for lines.Scan() {
			verb := strings.ToUpper(lines.Text())
			switch {
			case strings.HasPrefix(verb, refused):
				fmt.Fprint(conn, reply+"\r\n")
			case strings.HasPrefix(verb, "EHLO"):
				fmt.Fprint(conn, "250-here\r\n250 8BITMIME\r\n")
			case verb == "DATA":
				fmt.Fprint(conn, "354 go on\r\n")
				for lines.Scan() && lines.Text() != "." {
				}
				if refused == "." {
					fmt.Fprint(conn, reply+"\r\n")
				} else {
					fmt.Fprint(conn, "250 taken\r\n")
				}
			default:
				fmt.Fprint(conn, "250 fine\r\n")
			}
		}
	}
}

func TestSender_ComposeWritesDomainsInASCII(t *testing.T) {
	t.Parallel()
	sender, err := NewSender("smtp://127.0.0.1:25", "Eventra <tickets@bücher.example>")
	require.NoError(t, err)
	for to, want := range map[string]string{
		"user@bücher.example": "user@xn--bcher-kva.example", "user@BÜCHER.example": "user@xn--bcher-kva.example",
		"user@straße.example": "user@xn--strae-oqa.example", "user@例え.jp": "user@xn--r8jz45g.jp", "user@example.org": "user@example.org",
	} {
		message, err := sender.compose(ticketMail(to))
		require.NoError(t, err)
		recipients, err := message.GetRecipients()
		require.NoError(t, err)
		require.Equal(t, []string{"<" + want + ">"}, recipients)
		from, err := message.GetSender(false)
		require.NoError(t, err)
		require.Equal(t, "tickets@xn--bcher-kva.example", strings.Trim(from, "<>"))
		require.Contains(t, message.GetMessageID(), "@xn--bcher-kva.example")
	}
}

func TestNewTicket_KeepsNoBidiControls(t *testing.T) {
	t.Parallel()
	m := ticketMail("a@example.org")
	m.EventTitle = "Bach \u202egnp.evil\u2066 \u200f\u061cשלום"
	require.Equal(t, "Your tickets for Bach gnp.evil שלום", newTicket(m).Subject)
}

func TestSender_SendGivesUpOnAHangingServer(t *testing.T) {
	t.Parallel()
	for name, talk := range map[string]func(net.Conn, *bufio.Scanner){
		"at once":    func(_ net.Conn, lines *bufio.Scanner) { lines.Scan() },
		"at the end": converse(func(_ net.Conn, lines *bufio.Scanner) { lines.Scan() }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sender, err := NewSender(serve(t, talk), "tickets@eventra.test")
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			started := time.Now()
			require.Error(t, sender.Send(ctx, ticketMail("a@example.org")))
			require.Less(t, time.Since(started), 5*time.Second)
		})
	}
}

// TestTicketHTML_IsolatesTexts: Hebrew and Arabic run from right to left, and must not turn the English around them. No table is
// wider than a phone because of a long word.
func TestTicketHTML_IsolatesTexts(t *testing.T) {
	t.Parallel()
	m := ticketMail("user@example.org")
	m.Name, m.EventTitle, m.Venue = "משה", "קונצרט (2030)", "היכל התרבות"
	m.Items[0].Section, m.Items[0].Row = "אולם", "ג"
	var page strings.Builder
	require.NoError(t, ticketHTML.Execute(&page, newTicket(m)))
	for _, text := range []string{m.Name, m.Venue, "אולם", "ג", "אולם-ג-12"} {
		require.Contains(t, page.String(), "<bdi>"+text+"</bdi>")
	}
	require.Regexp(t, `<h1 dir="auto"[^>]*>`+"קונצרט", page.String())
	require.Contains(t, page.String(), "overflow-wrap:anywhere")
	require.Equal(t, 2, strings.Count(page.String(), "table-layout:fixed"))
}

// TestSender_Notices: what the organiser and the buyer have entered stands in each part, and harms none.
func TestSender_Notices(t *testing.T) {
	t.Parallel()
	for kind, want := range map[eventra.MailKind][]string{
		eventra.MailCancelled:   {"the event is cancelled", "25.00 EUR", "The rest of 50.05 EUR went back before", "Thursday, 1 July 2027, 20:30 CEST"},
		eventra.MailRescheduled: {"another time and in another place", "50.05 EUR", "Thursday, 1 July 2027, 20:30 CEST", "Wednesday, 30 June 2027, 20:30 CEST", "Cellar, Bonn"},
	} {
		m := ticketMail(uuid.NewString() + "@example.org")
		m.Kind, m.About = kind, eventra.ID(uuid.New())
		m.Returned, m.Message = eventra.Money{Amount: 2500, Currency: "EUR"}, "First line\r\nBcc: evil@example.org\n\n<b>last</b>"
		m.Was = eventra.Occasion{Venue: "Cellar, Bonn", StartsAt: m.StartsAt.AddDate(0, 0, -1), Timezone: m.Timezone}
		require.NoError(t, newSender(t).Send(t.Context(), m))
		mails := catch(t, m.To)
		require.Len(t, mails, 1)
		got := mails[0]
		require.Equal(t, m.MailRef.String()+"@eventra.test", strings.Trim(got.MessageID, "<>"))
		for _, part := range append(want, "A-3-12", "First line", "Hall, Berlin", m.BookingID.String(), "CMKM-6DMM") {
			require.Contains(t, got.Text, part)
			require.Contains(t, got.HTML, part)
		}
		require.Contains(t, got.HTML, "&lt;b&gt;last&lt;/b&gt;")
		require.Contains(t, got.Text, "> Bcc: evil@example.org", "a line of the message")
	}
}

// TestSender_AccountMails: those that ask for something have a link, in both parts, and none has a foreign one.
func TestSender_AccountMails(t *testing.T) {
	t.Parallel()
	const link = "https://tickets.example/verify-email?token=abc_-1"
	linked := map[eventra.MailKind]bool{eventra.MailVerify: true, eventra.MailReset: true, eventra.MailChange: true, eventra.MailChangeAsked: true}
	sender := newSender(t)
	sender.Link = func(*eventra.Mail) (string, error) { return link, nil }
	for kind := range accountTexts {
		m := &eventra.Mail{MailRef: eventra.MailRef{Kind: kind, About: eventra.ID(uuid.New())}, To: uuid.NewString() + "@example.org",
			Name: "Zoë\r\nhttp://evil.example <b>", TokenExpires: time.Date(2027, 7, 1, 18, 30, 0, 0, time.UTC)}
		if linked[kind] {
			m.TokenHash[0] = 1
		}
		require.NoError(t, sender.Send(t.Context(), m))
		mails := catch(t, m.To)
		require.Len(t, mails, 1)
		got := mails[0]
		require.Equal(t, accountTexts[kind].Subject, got.Subject)
		require.Equal(t, m.MailRef.String()+"@eventra.test", strings.Trim(got.MessageID, "<>"))
		for _, part := range []string{"Zoë http://evil.example", accountTexts[kind].News, accountTexts[kind].Otherwise, accountTexts[kind].Footer} {
			require.Contains(t, got.Text, part)
			require.Contains(t, got.HTML, part)
		}
		require.NotContains(t, got.HTML, "<b>")
		require.Equal(t, linked[kind], strings.Contains(got.Text, link), kind)
		require.Equal(t, linked[kind], strings.Contains(got.Text, "1 July 2027, 18:30 UTC"))
		require.Equal(t, linked[kind], strings.Contains(got.HTML, `href="`+link+`"`))
	}
}
