package smtp

import (
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"github.com/eventra/eventra"
)

var (
	noticeHTML = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "notice.html"))
	noticeText = texttemplate.Must(texttemplate.ParseFS(templateFiles, "notice.txt"))
)

// notice is the data of the templates for all mails but tickets.
type notice struct {
	*ticket
	Heading string
	News    string   // what has happened
	Message []string // the organiser's own words, by lines
	Facts   []fact
	Sum     string // what the total is
	Footer  string // why the recipient gets the mail
}

// fact is one line of what a reader looks for.
type fact struct{ Label, Value string }

// newNotice makes the notice of a cancelled event.
func newNotice(m *eventra.Mail) *notice {
	n := &notice{ticket: newTicket(m), Footer: "Sent by Eventra because you booked tickets.", Sum: "Total"}
	n.Subject = "Cancelled: " + n.Event
	n.Heading = "Cancelled"
	n.News = "the event is cancelled, and your tickets are not valid any more."
	if m.Returned.Amount > 0 {
		n.News += " Your money goes back to where it came from: " + formatMoney(m.Returned) + ". There is nothing you have to do."
		if m.Returned.Amount < m.Total.Amount {
			n.News += " The rest of " + n.Total + " went back before."
		}
	}
	n.Facts = []fact{{"It was to be", n.When}, {"Where", n.Venue}}
	if m.Returned.Amount > 0 {
		n.Sum, n.Total = "Goes back", formatMoney(m.Returned)
	}
	n.Message = lines(m.Message)
	return n
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
