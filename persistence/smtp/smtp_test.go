package smtp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func ticketMail(to string) *eventra.TicketMail {
	return &eventra.TicketMail{
		BookingID: eventra.ID(uuid.New()), To: to, Name: "Zoë \"Z\" <b>", EventTitle: "Bach\r\nBcc: evil@example.org & <Sons>",
		Venue: "Hall, Berlin", StartsAt: time.Date(2027, 7, 1, 18, 30, 0, 0, time.UTC), Timezone: "Europe/Berlin",
		Seats: []eventra.Seat{{Section: "A", Row: "3", Number: 12, Price: eventra.Money{Amount: 2505, Currency: "EUR"}}},
		Total: eventra.Money{Amount: 2505, Currency: "EUR"},
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	server, page := os.Getenv("EVENTRA_SMTP_URL"), os.Getenv("EVENTRA_DEV_MAIL_URL")
	require.NotEmpty(t, server+page, "EVENTRA_SMTP_URL is not set: run it through make test")
	sender, err := NewSender(server, "Eventra <tickets@eventra.test>")
	require.NoError(t, err)
	m := ticketMail(uuid.NewString() + "@example.org")
	require.NoError(t, sender.Send(t.Context(), m))

	resp, err := http.Get(page + "/api/messages?to=" + url.QueryEscape(m.To))
	require.NoError(t, err)
	defer resp.Body.Close()
	var got []struct{ MessageID, Subject, Text, HTML string }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&got))
	require.Len(t, got, 1)
	require.Equal(t, m.BookingID.String()+"@eventra.test", strings.Trim(got[0].MessageID, "<>"))
	require.Equal(t, "Your tickets for Bach Bcc: evil@example.org & <Sons>", got[0].Subject)
	for _, part := range []string{"A-3-12", "25.05 EUR", "Thursday, 1 July 2027, 20:30 CEST", m.BookingID.String(), "Hall, Berlin"} {
		require.Contains(t, got[0].Text, part)
		require.Contains(t, got[0].HTML, part)
	}
	require.Contains(t, got[0].HTML, "&lt;Sons&gt;")
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	sender, err := NewSender("smtp://127.0.0.1:25", "tickets@eventra.test")
	require.NoError(t, err)
	msg, err := sender.compose(ticketMail("a@example.org"))
	require.NoError(t, err)
	var raw bytes.Buffer
	_, err = msg.WriteTo(&raw)
	require.NoError(t, err)
	headers, _, _ := strings.Cut(raw.String(), "\r\n\r\n")
	require.NotContains(t, headers, "\nBcc:")
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]eventra.Money{
		"0.05 EUR": {Amount: 5, Currency: "EUR"}, "12 JPY": {Amount: 12, Currency: "JPY"},
		"1.234 KWD": {Amount: 1234, Currency: "KWD"}, "100.00 USD": {Amount: 10000, Currency: "USD"},
	} {
		require.Equal(t, want, money(m))
	}
}

func TestNewSenderRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"http://x", "a@b.c"}, {"smtp://x", "nobody"}, {"smtp://x:port", "a@b.c"}} {
		_, err := NewSender(c[0], c[1])
		require.Error(t, err, c)
	}
}
