package http

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

//go:embed accountpages/page.html
var accountPageHTML string

var accountPageTemplate = template.Must(template.New("page").Parse(accountPageHTML))

// accountPagePolicy lets the page have its own style and icon, and send its form here.
var accountPagePolicy = "default-src 'none'; style-src " + styleHash([]byte(accountPageHTML)) + "; img-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// The addresses of the pages to which the links in mails lead.
const (
	verifyEmailPath   = "/verify-email"
	resetPasswordPath = "/reset-password"
)

// LinkPath returns the page to which the link in a mail leads.
func LinkPath(kind eventra.MailKind) string {
	if kind == eventra.MailReset || kind == eventra.MailChangeAsked {
		return resetPasswordPath
	}
	return verifyEmailPath
}

// formMaxBytes is more than the forms of these pages send.
const formMaxBytes = 4 << 10

// accountPage is what a page says, with its form if it has a button. Opening a link changes
// nothing: programs that look for harmful links in mails open them, too.
type accountPage struct {
	Title, Text    string
	Bad            bool // the text is a refusal
	Action, Button string
	Token          string
	Password       bool // the form asks for a new one
}

func replyAccountPage(c *fiber.Ctx, status int, p *accountPage) error {
	var page bytes.Buffer
	if err := accountPageTemplate.Execute(&page, p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, accountPagePolicy)
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer") // the address has the token
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	return c.Status(status).Send(page.Bytes())
}

// refuseOnPage says what was wrong. A form with a button can be sent again.
func (s *Server) refuseOnPage(c *fiber.Ctx, err error, p *accountPage) error {
	problem := problemOf(err)
	s.writeProblem(c, err) // for its headers, its line in the log and the metrics
	p.Bad = true
	switch {
	case problem.Code == eventra.CodeInvalidToken || p.Token == "":
		*p = accountPage{Title: "This link does not work any more", Bad: true,
			Text: "It was used before, has expired, or was not copied whole. If you have done what it was for, there is nothing more to do. Otherwise ask for another mail."}
	case problem.Code == eventra.CodeEmailTaken:
		*p = accountPage{Title: "This address has another account", Bad: true, Text: "Sign in to that one, or use another address."}
	case problem.Code == eventra.CodeValidationFailed:
		p.Text = "Please choose another one: at least 8 characters and at most 72, and none that everybody would try first."
	default:
		p.Text = "That did not work just now. Please try again in a moment."
	}
	return replyAccountPage(c, c.Response().StatusCode(), p)
}

// linkToken returns the token of the link that was opened.
func linkToken(c *fiber.Ctx) string { return c.Query("token") }

func verifyEmailForm(token string) *accountPage {
	return &accountPage{Title: "Confirm your e-mail address", Text: "One click, and your address is confirmed.",
		Action: verifyEmailPath, Button: "Confirm my address", Token: token}
}

// verifyEmailPage is where the link in a mail about an address leads.
func (s *Server) verifyEmailPage(c *fiber.Ctx) error {
	return replyAccountPage(c, fiber.StatusOK, verifyEmailForm(linkToken(c)))
}

// submitVerifyEmail verifies the address.
func (s *Server) submitVerifyEmail(c *fiber.Ctx) error {
	form, err := parseForm(c)
	if err != nil {
		return err
	}
	token := form.Get("token")
	if err := s.useVerification(c, auth.OneTimeTokenHash(token)); err != nil {
		return s.refuseOnPage(c, err, verifyEmailForm(token))
	}
	return replyAccountPage(c, fiber.StatusOK, &accountPage{Title: "Your address is confirmed", Text: "You can go back to where you were, and book."})
}

func resetPasswordForm(token string) *accountPage {
	return &accountPage{Title: "Set a new password", Text: "All your sessions end with it; sign in again afterwards.",
		Action: resetPasswordPath, Button: "Set this password", Token: token, Password: true}
}

// resetPasswordPage is where the link in a mail about a forgotten password leads.
func (s *Server) resetPasswordPage(c *fiber.Ctx) error {
	return replyAccountPage(c, fiber.StatusOK, resetPasswordForm(linkToken(c)))
}

// submitResetPassword sets the new password.
func (s *Server) submitResetPassword(c *fiber.Ctx) error {
	form, err := parseForm(c)
	if err != nil {
		return err
	}
	r := PasswordReset{Token: form.Get("token"), Password: form.Get("password")}
	page := resetPasswordForm(r.Token)
	if r.Password != form.Get("again") {
		page.Bad, page.Text = true, "The two passwords differ. Please type the same one twice."
		return replyAccountPage(c, fiber.StatusUnprocessableEntity, page)
	}
	if err := s.useReset(c, &r); err != nil {
		return s.refuseOnPage(c, err, page)
	}
	return replyAccountPage(c, fiber.StatusOK, &accountPage{Title: "Your password is set", Text: "Sign in with it where you were."})
}

// parseForm reads the form that the route takes.
func parseForm(c *fiber.Ctx) (url.Values, error) {
	form, err := url.ParseQuery(string(c.Request().Body()))
	if err != nil {
		return nil, &eventra.Error{Code: eventra.CodeMalformedBody, Message: "the form is not valid", Err: err}
	}
	return form, nil
}
