package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// TestApp_CancelsAnEvent: the hold ends, the buyer has the money back and is told.
func TestApp_CancelsAnEvent(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(2, 10, nil)
	token, email := p.user()
	bought := p.hold(token, event, "A-1-1", "A-1-2").text("id")
	payment := p.must(201, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"}).text("id")
	held := p.hold(token, event, "A-2-1").text("id")
	status := func(booking string) string {
		return p.must(200, "GET", "/bookings/"+booking, token, nil).text("status")
	}
	progress := "/events/" + event + "/cancellation"
	p.must(404, "GET", progress, p.admin, nil)

	p.must(200, "POST", "/events/"+event+"/cancel", p.admin, object{"reason": "The soloist is ill.\nWe are sorry."})
	eventually(t, 5*time.Second, "the hold to end", func() bool { return status(held) == "CANCELLED" })
	eventually(t, 20*time.Second, "the refund", func() bool { return status(bought) == "REFUNDED" })
	p.must(409, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	var shown *answer
	eventually(t, 30*time.Second, "the cancellation to be complete", func() bool {
		shown = p.must(200, "GET", progress, p.admin, nil)
		return shown.text("finishedAt") != "" && shown.body["mailed"] == 1.0
	})
	require.Equal(t, []any{1.0, 1.0, 0.0}, []any{shown.body["bookings"], shown.body["refunded"], shown.body["failed"]})
	require.Equal(t, 1, p.count("SELECT count(*) FROM mock_charges WHERE payment_id = $1 AND status = 'REFUNDED'", payment))

	mails := mailsTo(t, email)
	notice := mails[len(mails)-1]
	require.Equal(t, "Cancelled: A show", notice.Subject)
	for _, part := range []string{"50.00 EUR", "The soloist is ill.", "We are sorry.", "row 1, seat 2", bought, "Hall, Street 1, Berlin"} {
		require.Contains(t, notice.Text, part)
		require.Contains(t, strings.ReplaceAll(notice.HTML, "Row <bdi>1</bdi>", "row 1"), part)
	}
	require.Contains(t, notice.MessageID, bought+".cancelled."+event)
	code, report, _ := runCheck(t, p.cfg.PostgresURL)
	require.Zero(t, code, report)
}

// TestApp_ReschedulesAnEvent: buyers and holders are told, and what they have stays.
func TestApp_ReschedulesAnEvent(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(2, 10, nil)
	buyer, buyersEmail := p.user()
	holder, holdersEmail := p.user()
	bought := p.hold(buyer, event, "A-1-1").text("id")
	p.must(201, "POST", "/bookings/"+bought+"/payments", buyer, object{"method": "mock", "token": "tok_ok"})
	held := p.hold(holder, event, "A-2-1").text("id")
	p.must(409, "PATCH", "/events/"+event, p.admin, object{"startsAt": "2031-05-01T19:30:00Z", "endsAt": "2031-05-01T22:00:00Z"})
	moved := p.must(200, "POST", "/events/"+event+"/reschedule", p.admin, object{"startsAt": "2031-05-01T19:30:00Z", "endsAt": "2031-05-01T22:00:00Z",
		"venue": object{"name": "Arena", "city": "Bonn", "timezone": "Europe/Berlin"}, "message": "The hall is flooded."})
	require.Equal(t, "2031-05-01T19:30:00.000Z", moved.text("startsAt"))
	for email, booking := range map[string]string{buyersEmail: bought, holdersEmail: held} {
		var notice message
		eventually(t, 20*time.Second, "the mail", func() bool {
			for _, m := range mailsTo(t, email) {
				if m.Subject == "New date and place: A show" {
					notice = m
				}
			}
			return notice.Subject != ""
		})
		for _, part := range []string{"Thursday, 1 May 2031, 21:30 CEST", "Arena, Bonn", "Hall, Street 1, Berlin", "The hall is flooded.", booking} {
			require.Contains(t, notice.Text, part)
			require.Contains(t, notice.HTML, part)
		}
	}
	require.Equal(t, "CONFIRMED", p.must(200, "GET", "/bookings/"+bought, buyer, nil).text("status"))
	require.Equal(t, "HELD", p.must(200, "GET", "/bookings/"+held, holder, nil).text("status"))
	code, report, _ := runCheck(t, p.cfg.PostgresURL)
	require.Zero(t, code, report)
}

// boughtSQL makes CONFIRMED bookings of one seat each, whose tickets were sent. It fences
// every activation off.
const boughtSQL = `
WITH fenced AS (
    UPDATE events SET epoch = epoch + 1 WHERE id = $1 RETURNING id
), taken AS (
    UPDATE seats SET status = 'BOOKED', version = version + 1,
        booking_id = (lpad(to_hex(1780000000000 + seat_no), 12, '0') || '70008' || substr(md5(seat_no::text || event_id), 1, 15))::uuid
    FROM fenced WHERE event_id = fenced.id AND seat_no < $2
    RETURNING *
), booked AS (
    INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, confirmed_at, payment_id)
    SELECT booking_id, event_id, (SELECT id FROM users ORDER BY id LIMIT 1), 'CONFIRMED', amount, currency, now(), now(), now(), booking_id FROM taken
), listed AS (
    INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live)
    SELECT booking_id, event_id, seat_no, 0, amount, true FROM taken
), paid AS (
    INSERT INTO payments (id, booking_id, event_id, user_id, method, amount, currency, status, grace_until, created_at, updated_at)
    SELECT booking_id, booking_id, event_id, (SELECT id FROM users ORDER BY id LIMIT 1), 'mock', amount, currency, 'SUCCEEDED', now(), now(), now() FROM taken
), charged AS (
    INSERT INTO mock_charges (payment_id, event_id, amount, currency, status)
    SELECT booking_id, event_id, amount, currency, 'CHARGED' FROM taken
)
INSERT INTO outbox (booking_id, event_id, created_at, due_at, sent_at) SELECT booking_id, event_id, now(), now(), now() FROM taken`

// bought makes bookings in the program's database.
func (p *program) bought(event string, bookings int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.cfg.PostgresURL)
	require.NoError(p.t, err)
	defer conn.Close(ctx)
	tag, err := conn.Exec(ctx, boughtSQL, event, bookings)
	require.NoError(p.t, err)
	require.EqualValues(p.t, bookings, tag.RowsAffected())
}

// TestApp_CancelsAfterAKill kills the program twice while it refunds. Each buyer has the
// money back once and is told once.
func TestApp_CancelsAfterAKill(t *testing.T) {
	t.Parallel()
	const bookings = 2000
	cfg := testConfig(t)
	running := startProcess(t, cfg)
	p := &program{t: t, cfg: cfg, url: running.url, http: &http.Client{Timeout: 10 * time.Second}}
	p.admin = p.login(adminEmail, adminPassword)
	event := p.event(20, 100, nil)
	p.bought(event, bookings)
	p.must(200, "POST", "/events/"+event+"/cancel", p.admin, nil)
	refunded := func() int {
		return p.count("SELECT count(*) FROM bookings WHERE event_id = $1 AND status = 'REFUNDED'", event)
	}
	for _, after := range []int{50, 600} {
		eventually(t, 60*time.Second, "some refunds", func() bool { return refunded() >= after })
		require.NoError(t, running.cmd.Process.Kill())
		_ = running.cmd.Wait()
		require.Less(t, refunded(), bookings, "it was killed in between")
		running = startProcess(t, cfg)
	}
	p.url = running.url
	eventually(t, 120*time.Second, "the cancellation to be complete", func() bool {
		shown := p.must(200, "GET", "/events/"+event+"/cancellation", p.admin, nil)
		return shown.text("finishedAt") != "" && shown.body["refunded"] == float64(bookings) && shown.body["mailed"] == float64(bookings)
	})
	require.Equal(t, bookings, p.count("SELECT count(*) FROM payments JOIN mock_charges ON payment_id = id WHERE payments.status = 'REFUNDED' AND mock_charges.status = 'REFUNDED'"))
	require.Equal(t, bookings, p.count("SELECT count(*) FROM notices WHERE kind = 'cancelled' AND sent_at IS NOT NULL AND NOT withheld"))
	code, report, _ := runCheck(t, cfg.PostgresURL)
	require.Zero(t, code, report)
}

// TestCancellationCommand: an event that an earlier release cancelled refunds its buyers
// when an operator asks for it.
func TestCancellationCommand(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 10, nil)
	p.bought(event, 10)
	code, out := p.subcommand("cancellation", "start", event)
	require.NotZero(t, code, "the event is not cancelled: %s", out)
	require.Equal(t, 1, p.count("WITH done AS (UPDATE events SET status = 'CANCELLED', epoch = epoch + 1 WHERE id = $1 RETURNING 1) SELECT count(*) FROM done", event))
	code, out = p.subcommand("cancellation", "start", event, "--reason", "It rains.")
	require.Zero(t, code, out)
	eventually(t, 30*time.Second, "the refunds", func() bool {
		return p.must(200, "GET", "/events/"+event+"/cancellation", p.admin, nil).body["refunded"] == 10.0
	})
	code, out = p.subcommand("cancellation", "start", event)
	require.NotZero(t, code, out)
	require.Contains(t, out, "started before")
}

// subcommand runs a subcommand with the program's configuration.
func (p *program) subcommand(args ...string) (code int, out string) {
	p.t.Helper()
	out, err := runWith(p.t, "", []string{"EVENTRA_POSTGRES_URL=" + p.cfg.PostgresURL}, args...)
	if err != nil {
		code = 1
	}
	return code, out
}
