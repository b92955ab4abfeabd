package main

import (
	"context"

	"github.com/google/uuid"

	"github.com/eventra/eventra/tools/clients/out/ogen"
)

// buyer is a user.
type buyer struct {
	*caller
	email, password string
}

const oldPassword, newPassword = "a first password", "a second password"

// openAccount registers, verifies the address, forgets the password, and sets another one.
func openAccount(ctx context.Context, t *tour, n *night) *buyer {
	b := &buyer{t.caller(), "ogen-" + uuid.NewString() + "@example.org", oldPassword}
	in := want[ogen.Tokens]("register")(b.next().Register(ctx, &ogen.Registration{Email: b.email, Password: b.password, Name: "Zoë O’Gen"},
		ogen.RegisterParams{IdempotencyKey: ogen.NewOptString(uuid.NewString())}))
	b.token = in.AccessToken
	refused("register twice", "email_taken")(b.next().Register(ctx, &ogen.Registration{Email: b.email, Password: "another password", Name: "Zoë"}, ogen.RegisterParams{}))
	refused("hold before the address is verified", "email_not_verified")(b.next().CreateBooking(ctx, order(n.id), ogen.CreateBookingParams{}))
	token := waitForMail(ctx, b.email, "Confirm your e-mail address").token()
	done("verify the address")(b.next().VerifyEmail(ctx, &ogen.OneTimeToken{Token: token}))
	b.forget(ctx)
	me := want[ogen.User]("ask who I am")(b.next().Me(ctx))
	check(me.EmailVerified && me.Email == b.email, "the account is %+v", me)
	return b
}

// forget sets a new password by mail, which ends the sessions of before.
func (b *buyer) forget(ctx context.Context) {
	done("forget the password")(b.next().ForgotPassword(ctx, &ogen.ForgottenPassword{Email: b.email}))
	token := waitForMail(ctx, b.email, "Set a new password").token()
	done("set a new password")(b.next().ResetPassword(ctx, &ogen.PasswordReset{Token: token, Password: newPassword}))
	refused("use the token twice", "invalid_token")(b.next().ResetPassword(ctx, &ogen.PasswordReset{Token: token, Password: newPassword}))
	b.shutOut("go on in the old session", func(at *ogen.Client) (any, error) { return at.Me(ctx) })
	refused("log in with the old password", "invalid_credentials")(b.next().Login(ctx, &ogen.Login{Email: b.email, Password: oldPassword}))
	b.password = newPassword
	b.token = want[ogen.Tokens]("log in")(b.next().Login(ctx, &ogen.Login{Email: b.email, Password: b.password})).AccessToken
	sessions := want[ogen.OpenSessionPage]("list the sessions")(b.next().ListSessions(ctx, ogen.ListSessionsParams{}))
	check(len(sessions.Items) == 1 && sessions.Items[0].Current, "%d sessions are open", len(sessions.Items))
}

// leave exports the account and erases it.
func leave(ctx context.Context, b *buyer) {
	exported := want[ogen.AccountExport]("export the account")(b.next().ExportMe(ctx))
	check(len(exported.Bookings) == 1, "%d bookings in the export", len(exported.Bookings))
	done("erase the account")(b.next().EraseMe(ctx, &ogen.CurrentPassword{Password: b.password}))
	b.shutOut("go on after the account is erased", func(at *ogen.Client) (any, error) { return at.Me(ctx) })
}
