package smtp

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// written returns a mail's subject, and what both of its parts say.
func written(t *testing.T, m *eventra.Mail) (subject, text, html string) {
	t.Helper()
	sender := &Sender{Link: func(*eventra.Mail) (string, error) { return "https://tickets.example", nil }}
	l, err := sender.newLetter(m)
	require.NoError(t, err)
	var plain, marked bytes.Buffer
	require.NoError(t, l.text.Execute(&plain, l.data))
	require.NoError(t, l.html.Execute(&marked, l.data))
	return l.subject, plain.String(), marked.String()
}

func noticeMail(kind eventra.MailKind, change func(*eventra.Mail)) *eventra.Mail {
	m := ticketMail("zoe@example.org")
	m.Kind, m.About, m.Was, m.EventTitle = kind, eventra.ID(uuid.New()), m.Occasion, "Bach"
	change(m)
	return m
}

// TestNotice_Wording: one ticket is not several, and only what has changed is told.
func TestNotice_Wording(t *testing.T) {
	t.Parallel()
	later := func(m *eventra.Mail) { m.StartsAt = m.StartsAt.Add(time.Hour) }
	elsewhere := func(m *eventra.Mail) { m.Venue = "Cellar, Bonn" }
	refund := func(items int, amount int64, released bool) *eventra.Mail {
		return noticeMail(eventra.MailRefunded, func(m *eventra.Mail) {
			m.Items, m.Returned, m.Released = m.Items[:items], eventra.Money{Amount: amount, Currency: "EUR"}, released
		})
	}
	for _, c := range []struct {
		mail            *eventra.Mail
		subject         string
		says, saysNever []string
	}{
		{noticeMail(eventra.MailRescheduled, later), "New date: Bach", []string{"at another time.", "Before"}, []string{"Place before"}},
		{noticeMail(eventra.MailRescheduled, elsewhere), "New place: Bach", []string{"somewhere else", "Place before"}, []string{"Before"}},
		{noticeMail(eventra.MailRescheduled, func(*eventra.Mail) {}), "Changed: Bach", []string{"the event has changed."}, []string{"Before", "Place before"}},
		{noticeMail(eventra.MailCancelled, func(m *eventra.Mail) { m.Items = m.Items[:1] }), "Cancelled: Bach", []string{"your ticket is not"}, []string{"tickets are"}},
		{refund(1, 2505, true), "Refund: Bach", []string{"25.05 EUR goes back", "The ticket below is not valid"}, []string{"tickets below"}},
		{refund(2, 5005, true), "Refund: Bach", []string{"The tickets below are not valid"}, []string{"ticket below"}},
		{refund(1, 500, false), "Refund: Bach", []string{"for the ticket below, which stays valid"}, []string{"not valid"}},
		{refund(1, 0, true), "Refund: Bach", []string{"one of your tickets is not valid"}, nil},
		{refund(0, 1000, false), "Refund: Bach", []string{"10.00 EUR goes back"}, []string{"Ticket<", "below"}},
	} {
		subject, text, html := written(t, c.mail)
		require.Equal(t, c.subject, subject)
		for _, part := range []string{text, html} {
			for _, words := range c.says {
				require.Contains(t, part, words, c.subject)
			}
			for _, words := range c.saysNever {
				require.NotContains(t, part, words, c.subject)
			}
		}
		require.NotContains(t, text, "\n\n\n", "two empty lines")
	}
}

func TestAccount_GreetsThoseWithoutAName(t *testing.T) {
	t.Parallel()
	m := &eventra.Mail{MailRef: eventra.MailRef{Kind: eventra.MailReset, About: eventra.ID(uuid.New())}, TokenHash: [32]byte{1}}
	_, text, html := written(t, m)
	require.Contains(t, text, "Hello,\n")
	require.Contains(t, html, "Hello,")
}
