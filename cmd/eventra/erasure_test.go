package main

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestAddress_Story: the new address counts once it is verified, and the old one can undo it.
func TestAddress_Story(t *testing.T) {
	t.Parallel()
	p := start(t, requireVerifiedEmail)
	in, email := p.signIn()
	token := in.text("accessToken")
	p.must(204, "POST", "/auth/email/verify", "", object{"token": tokenOf(p.link(email, "Confirm your e-mail address"))})
	address := uuid.NewString() + "@example.org"
	asked := p.must(200, "PATCH", "/auth/me", token, object{"name": "Ada King", "email": address, "password": "correct horse"})
	require.Equal(t, email, asked.text("email"))
	require.Equal(t, "Ada King", asked.text("name"))
	stop := p.link(email, "Your account is to have another e-mail address")
	require.Contains(t, p.submit(p.link(address, "Confirm your new e-mail address"), url.Values{}), "Your address is confirmed")
	require.Equal(t, address, p.must(200, "GET", "/auth/me", token, nil).text("email"))
	p.login(address, "correct horse")
	eventually(t, 20*time.Second, "the mail about it", func() bool { return len(mailsTo(t, email)) == 3 })

	again := url.Values{"password": {"new battery staple"}, "again": {"new battery staple"}}
	require.Contains(t, p.submit(stop, again), "Your password is set")
	p.requireDenied(token)
	p.must(401, "POST", "/auth/login", "", object{"email": address, "password": "new battery staple"})
	require.Equal(t, email, p.must(200, "GET", "/auth/me", p.login(email, "new battery staple"), nil).text("email"))
}

// TestErasure_Story: a person is forgotten, and the books are not.
func TestErasure_Story(t *testing.T) {
	t.Parallel()
	p := start(t, requireVerifiedEmail)
	elsewhere := p.another()
	event := p.event(1, 10, nil)
	in, email := p.signIn()
	token := in.text("accessToken")
	link := p.link(email, "Confirm your e-mail address")
	p.must(204, "POST", "/auth/email/verify", "", object{"token": tokenOf(link)})
	p.must(202, "POST", "/auth/password/forgot", "", object{"email": email})
	reset := p.link(email, "Set a new password")
	bought, held := p.hold(token, event, "A-1-1").text("id"), p.hold(token, event, "A-1-2").text("id")
	p.must(201, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"})

	p.must(422, "DELETE", "/auth/me", token, object{"password": "incorrect horse"})
	p.must(204, "DELETE", "/auth/me", token, object{"password": "correct horse"})
	for _, at := range []*program{p, elsewhere} {
		at.requireDenied(token)
		at.must(401, "POST", "/auth/login", "", object{"email": email, "password": "correct horse"})
	}
	p.must(401, "POST", "/auth/refresh", "", object{"refreshToken": in.text("refreshToken")})
	p.must(422, "POST", "/auth/email/verify", "", object{"token": tokenOf(link)})
	p.must(422, "POST", "/auth/password/reset", "", object{"token": tokenOf(reset), "password": "new battery staple"})
	require.Equal(t, 1, p.count(`SELECT count(*) FROM bookings JOIN payments ON booking_id = bookings.id
		WHERE bookings.id = $1 AND bookings.status = 'CONFIRMED' AND payments.status = 'SUCCEEDED'`, bought))
	require.Equal(t, 1, p.count(`SELECT count(*) FROM bookings WHERE id = $1 AND status = 'HELD'`, held), "it ends at its deadline")
	for _, table := range []string{"users", "sessions", "account_mails", "bookings", "payments", "outbox", "denied_tokens"} {
		require.Zero(t, p.count(`SELECT count(*) FROM `+table+` AS rows WHERE position($1 in rows::text) > 0`, email), table)
	}
	p.must(200, "POST", "/bookings/"+bought+"/refund", p.admin, nil)
	p.must(201, "POST", "/auth/register", "", object{"email": email, "password": "correct horse", "name": "Somebody else"})
}

// TestExport_HasAllThatIsKept of one person, and nothing of another.
func TestExport_HasAllThatIsKept(t *testing.T) {
	t.Parallel()
	p := start(t, requireVerifiedEmail)
	event := p.event(1, 10, nil)
	in, email := p.signIn()
	token := in.text("accessToken")
	p.must(204, "POST", "/auth/email/verify", "", object{"token": tokenOf(p.link(email, "Confirm your e-mail address"))})
	p.must(202, "POST", "/auth/password/forgot", "", object{"email": email})
	stranger := p.event(1, 10, nil)
	require.Equal(t, 201, p.hold(p.login(adminEmail, adminPassword), stranger, "A-1-1").status)
	var bookings []string
	for _, seat := range []string{"A-1-1", "A-1-2", "A-1-3"} {
		bookings = append([]string{p.hold(token, event, seat).text("id")}, bookings...)
	}
	p.must(201, "POST", "/bookings/"+bookings[0]+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	got := p.must(200, "GET", "/auth/me/export", token, nil)
	require.Equal(t, email, got.body["user"].(object)["email"])
	require.Len(t, got.body["sessions"], 1)
	require.Len(t, got.body["mails"], 2)
	require.Nil(t, got.body["nextCursor"])
	require.Len(t, got.body["bookings"], 3)
	for i, b := range got.body["bookings"].([]any) {
		require.Equal(t, bookings[i], b.(object)["id"])
	}
	first := got.body["bookings"].([]any)[0].(object)
	require.Len(t, first["payments"], 1)
	require.Len(t, first["mails"], 1)
	require.NotContains(t, string(got.raw), "passwordHash")

	stores := p.stores()
	user, err := stores.Postgres.UserByEmail(t.Context(), email)
	require.NoError(t, err)
	export, err := stores.Postgres.ExportAccount(t.Context(), user.ID, 2)
	require.NoError(t, err)
	require.Len(t, export.Bookings, 2)
	require.Equal(t, bookings[1], export.Next.ID.String())
}
