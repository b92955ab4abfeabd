package smtp

import (
	"errors"
	htmltemplate "html/template"
	texttemplate "text/template"
	"time"

	"github.com/eventra/eventra"
)

var (
	accountHTML = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "account.html", "layout.html"))
	accountText = texttemplate.Must(texttemplate.ParseFS(templateFiles, "account.txt"))
)

// account is the data of the templates for mails about accounts.
type account struct {
	Subject, Heading string
	Name             string
	Event            string // the title
	News             string // what has happened
	Link, Action     string // what to do about it, and where; neither if there is nothing to do
	Until            string
	Otherwise        string // what to do if it was somebody else
	Footer           string // why the recipient gets the mail
}

// accountTexts are what the mails of each kind say.
var accountTexts = map[eventra.MailKind]account{
	eventra.MailVerify: {
		Subject: "Confirm your e-mail address", Heading: "Welcome",
		News:      "please confirm that this is your e-mail address. Then you can book tickets.",
		Action:    "Confirm my address",
		Otherwise: "If you did not open an account, there is nothing to do: without you nobody can book with your address.",
		Footer:    "Sent by Eventra because somebody opened an account with this address.",
	},
	eventra.MailReset: {
		Subject: "Set a new password", Heading: "Forgotten password",
		News:      "somebody, most likely you, has asked for a new password for your account.",
		Action:    "Set a new password",
		Otherwise: "If it was not you, there is nothing to do: your password stays as it is.",
		Footer:    "Sent by Eventra because somebody gave this address.",
	},
	eventra.MailChange: {
		Subject: "Confirm your new e-mail address", Heading: "New address",
		News:      "please confirm that this is the new e-mail address of your account.",
		Action:    "Use this address",
		Otherwise: "If you did not ask for it, there is nothing to do: nothing changes.",
		Footer:    "Sent by Eventra because somebody gave this address.",
	},
	eventra.MailChangeAsked: {
		Subject: "Your account is to have another e-mail address", Heading: "New address",
		News:      "somebody who is signed in to your account, and knows its password, has asked for another e-mail address for it. It changes as soon as the new address is confirmed.",
		Action:    "It was not me: set a new password",
		Otherwise: "If it was you, there is nothing to do here. If it was not, set a new password: that ends all sessions, and the account keeps this address.",
		Footer:    "Sent by Eventra because you have an account.",
	},
	eventra.MailAddressChanged: {
		Subject: "Your account has another e-mail address", Heading: "New address",
		News:      "your account has another e-mail address now. This one is not used any more.",
		Otherwise: "If that is not what you want, use the link in the mail that you got before, when the change was asked for.",
		Footer:    "Sent by Eventra because you had an account with this address.",
	},
	eventra.MailPasswordChanged: {
		Subject: "Your password was changed", Heading: "New password",
		News:      "the password of your account was changed.",
		Otherwise: "If it was not you, ask for a new password at once, as if you had forgotten it: that ends all sessions.",
		Footer:    "Sent by Eventra because you have an account.",
	},
}

// newAccount makes what a mail about an account says.
func (s *Sender) newAccount(m *eventra.Mail) (*account, error) {
	a := accountTexts[m.Kind]
	a.Name, a.Event = oneLine(m.Name), a.Subject
	if m.TokenHash == [32]byte{} {
		return &a, nil
	}
	if s.Link == nil {
		return nil, errors.New("nobody makes links")
	}
	link, err := s.Link(m)
	a.Link, a.Until = link, m.TokenExpires.UTC().Format("2 January 2006, 15:04 ")+time.UTC.String()
	return &a, err
}
