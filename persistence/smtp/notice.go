package smtp

import (
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"github.com/eventra/eventra"
)

var (
	noticeHTML = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "notice.html", "layout.html"))
	noticeText = texttemplate.Must(texttemplate.ParseFS(templateFiles, "notice.txt"))
)

// notice is the data of the templates for all mails but tickets.
type notice struct {
	*ticket
	News    string   // what has happened
	Message []string // the organiser's own words, by lines
	Facts   []fact
}

// fact is one line of what a reader looks for.
type fact struct{ Label, Value string }

// newNotice makes the notice that a mail brings.
func newNotice(m *eventra.Mail) *notice {
	n := &notice{ticket: newTicket(m), Message: lines(m.Message)}
	n.Footer = "Sent by Eventra because you booked tickets."
	switch m.Kind {
	case eventra.MailRescheduled:
		n.moved(m)
	case eventra.MailRefunded:
		n.refunded(m)
	default:
		n.cancelled(m)
	}
	return n
}

func (n *notice) refunded(m *eventra.Mail) {
	n.Subject, n.Heading = "Refund: "+n.Event, "Refund"
	n.Facts = []fact{{"When", n.When}, {"Where", n.Venue}}
	some, theirs, valid := "some of your tickets are", "The tickets below are", "the tickets below, which stay valid"
	if len(m.Items) == 1 {
		some, theirs, valid = "one of your tickets is", "The ticket below is", "the ticket below, which stays valid"
	}
	n.News = some + " not valid any more: see below."
	if m.Returned.Amount > 0 {
		n.News = formatMoney(m.Returned) + " goes back to where it came from. There is nothing you have to do."
		switch {
		case m.Released:
			n.News += " " + theirs + " not valid any more."
		case len(m.Items) > 0:
			n.News += " It is for " + valid + "."
		}
	}
	n.Sum, n.Total = "Goes back", formatMoney(m.Returned)
}

func (n *notice) cancelled(m *eventra.Mail) {
	n.Subject, n.Heading = "Cancelled: "+n.Event, "Cancelled"
	n.News = "the event is cancelled, and your tickets are not valid any more."
	if len(m.Items) == 1 {
		n.News = "the event is cancelled, and your ticket is not valid any more."
	}
	n.Facts = []fact{{"It was to be", n.When}, {"Where", n.Venue}}
	if m.Returned.Amount == 0 {
		return
	}
	n.News += " Your money goes back to where it came from: " + formatMoney(m.Returned) + ". There is nothing you have to do."
	if m.Returned.Amount < m.Total.Amount {
		n.News += " The rest of " + n.Total + " went back before."
	}
	n.Sum, n.Total = "Goes back", formatMoney(m.Returned)
}

func (n *notice) moved(m *eventra.Mail) {
	then, there := when(m.Was), oneLine(m.Was.Venue)
	n.Facts = []fact{{"When", n.When}, {"Where", n.Venue}}
	if then != n.When {
		n.Facts = append(n.Facts, fact{"Before", then})
	}
	if there != n.Venue {
		n.Facts = append(n.Facts, fact{"Place before", there})
	}
	switch {
	case then != n.When && there != n.Venue:
		n.Heading, n.News = "New date and place", "the event takes place at another time and in another place."
	case then != n.When:
		n.Heading, n.News = "New date", "the event takes place at another time."
	case there != n.Venue:
		n.Heading, n.News = "New place", "the event takes place somewhere else, at the same time."
	default: // such as when it ends
		n.Heading, n.News = "Changed", "the event has changed."
	}
	n.Subject, n.News = n.Heading+": "+n.Event, n.News+" Your booking stays as it is."
}

// lines splits a text of several lines, each without what could harm its surroundings.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = oneLine(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}
