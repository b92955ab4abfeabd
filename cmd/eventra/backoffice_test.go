package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBackOffice_FindsBookings: an administrator finds whose booking it is by all that a caller may say.
func TestBackOffice_FindsBookings(t *testing.T) {
	t.Parallel()
	p := start(t)
	event, other := p.event(1, 10, nil), p.event(1, 10, nil)
	token, email := p.user()
	bought := p.hold(token, event, "A-1-1", "A-1-2").text("id")
	p.must(402, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_declined"})
	p.must(201, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	released := p.hold(token, event, "A-1-3").text("id")
	p.must(200, "DELETE", "/bookings/"+released, token, nil)
	stranger, strangersEmail := p.user()
	theirs := p.hold(stranger, other, "A-1-1").text("id")
	again := p.hold(stranger, event, "A-1-3").text("id")

	for query, want := range map[string][]string{
		"":                                      {again, theirs, released, bought},
		"email=" + url.QueryEscape(email):       {released, bought},
		"eventId=" + event:                      {again, released, bought},
		"eventId=" + event + "&status=HELD":     {again},
		"status=CANCELLED":                      {released},
		"eventId=" + event + "&seat=A-1-3":      {again, released},
		"eventId=" + event + "&seat=A-1-2":      {bought},
		"to=2020-01-01T00:00:00Z":               nil,
		"from=2020-01-01T00:00:00Z&status=HELD": {again, theirs},
		"eventId=" + event + "&seat=A-1-3&status=CANCELLED&email=" + url.QueryEscape(email): {released},
		"email=" + url.QueryEscape(strangersEmail) + "&eventId=" + event:                    {again},
	} {
		require.Equal(t, want, p.found("/api/v1/admin/bookings?limit=100&"+query), query)
	}
	require.Equal(t, []string{again, theirs, released, bought}, p.pages("/api/v1/admin/bookings?limit=1"))

	var record *answer
	eventually(t, 20*time.Second, "the tickets", func() bool {
		record = p.must(200, "GET", "/api/v1/admin/bookings/"+bought, p.admin, nil)
		return record.body["mails"].([]any)[0].(object)["status"] == "SENT"
	})
	require.Equal(t, email, record.body["customer"].(object)["email"])
	require.Len(t, record.body["payments"], 2)
	var steps []any
	for _, step := range record.body["history"].([]any) {
		steps = append(steps, step.(object)["step"])
	}
	require.Equal(t, []any{"HELD", "PAYMENT_STARTED", "PAYMENT_ENDED", "PAYMENT_STARTED"}, steps[:4])
	require.ElementsMatch(t, []any{"PAYMENT_ENDED", "CONFIRMED"}, steps[4:])
	require.NotEmpty(t, record.text("confirmedAt"))
	require.NotEmpty(t, p.must(200, "GET", "/api/v1/admin/bookings/"+released, p.admin, nil).text("endedAt"))
	p.must(404, "GET", "/api/v1/admin/bookings/"+event, p.admin, nil)
}

// ids are those of the entries of a list.
func (a *answer) ids() (ids []string) {
	for _, item := range a.items() {
		ids = append(ids, item["id"].(string))
	}
	return ids
}

// found lists the ids on a page of bookings.
func (p *program) found(path string) []string {
	p.t.Helper()
	return p.must(200, "GET", path, p.admin, nil).ids()
}

// pages lists the ids on all pages.
func (p *program) pages(path string) (ids []string) {
	p.t.Helper()
	for cursor := ""; ; {
		page := p.must(200, "GET", path+cursor, p.admin, nil)
		ids = append(ids, page.ids()...)
		next, more := page.body["nextCursor"].(string)
		if !more {
			return ids
		}
		cursor = "&cursor=" + next
	}
}

// TestBackOffice_ExportsBookings: the list at the door has a line for each ticket.
func TestBackOffice_ExportsBookings(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 10, nil)
	token, email := p.user()
	booking := p.hold(token, event, "A-1-1", "A-1-2")
	bought := booking.text("id")
	p.must(201, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	held := p.hold(token, event, "A-1-3").text("id")
	p.exec(`UPDATE users SET name = '=HYPERLINK("http://x","é")' WHERE email = $1`, email)

	path := "/api/v1/admin/events/" + event + "/bookings.csv"
	lines, err := csv.NewReader(bytes.NewReader(p.must(200, "GET", path, p.admin, nil).raw)).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 4)
	require.Equal(t, []string{bought, bought, held}, []string{lines[1][0], lines[2][0], lines[3][0]})
	require.Equal(t, []string{email, `'=HYPERLINK("http://x","é")`, "1", "A-1-1", "A", "1", "1", "A", "Standard", "2500", "EUR", "LIVE",
		booking.text("reference")}, lines[1][6:])
	lines, err = csv.NewReader(bytes.NewReader(p.must(200, "GET", path+"?status=CONFIRMED", p.admin, nil).raw)).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 3)
	p.must(404, "GET", "/api/v1/admin/events/"+bought+"/bookings.csv", p.admin, nil)
}

// TestBackOffice_ReportsAndReleases: what was sold, who had a seat, and a hold that ends for a caller.
func TestBackOffice_ReportsAndReleases(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 10, nil)
	token, email := p.user()
	bought := p.hold(token, event, "A-1-1", "A-1-2").text("id")
	p.must(201, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	p.must(201, "POST", "/bookings/"+bought+"/refunds", p.admin, object{"items": []int{2}})
	held := p.hold(token, event, "A-1-2").text("id")
	admin := "/api/v1/admin/"
	report := p.must(200, "GET", admin+"events/"+event+"/report", p.admin, nil)
	require.Equal(t, object{"total": 10.0, "free": 8.0, "held": 1.0, "sold": 1.0, "blocked": 0.0}, report.body["tickets"])
	require.Equal(t, []any{object{"category": "A", "ticketType": "Standard", "held": 1.0, "sold": 1.0, "revenue": 2500.0}}, report.body["sales"])
	require.Equal(t, object{"bookings": 0.0, "returned": 2500.0, "pending": 0.0}, report.body["refunds"])
	require.Len(t, report.body["hours"], 1)
	record := p.must(200, "GET", admin+"bookings/"+bought, p.admin, nil)
	require.Len(t, record.body["refunds"], 1)

	uses := p.must(200, "GET", admin+"events/"+event+"/seats/A-1-2/history", p.admin, nil).items()
	require.Len(t, uses, 2)
	require.Equal(t, held, uses[0]["booking"].(object)["id"])
	require.NotContains(t, uses[0], "until")
	require.Equal(t, bought, uses[1]["booking"].(object)["id"])
	require.Equal(t, email, uses[1]["booking"].(object)["customer"].(object)["email"])
	require.Less(t, uses[1]["until"].(string), uses[0]["from"].(string), "the refund gave the seat up")
	at := url.QueryEscape(uses[1]["from"].(string))
	require.LessOrEqual(t, len(p.must(200, "GET", admin+"events/"+event+"/seats/A-1-2/history?at="+at, p.admin, nil).items()), 1)
	p.must(404, "GET", admin+"events/"+event+"/seats/A-1-11/history", p.admin, nil)

	require.Equal(t, "CANCELLED", p.must(200, "DELETE", admin+"bookings/"+held, p.admin, nil).text("status"))
	p.must(200, "DELETE", admin+"bookings/"+held, p.admin, nil)
	p.must(409, "DELETE", admin+"bookings/"+bought, p.admin, nil)
	require.Equal(t, "AVAILABLE", p.seatStatus(event)["A-1-2"])
	require.Equal(t, 1, p.count("SELECT count(*) FROM audit WHERE action = 'booking.release' AND subject_id = $1", held))
	code, text, _ := runCheck(t, p.cfg.PostgresURL)
	require.Zero(t, code, text)
}

// TestBackOffice_ExportBreaksOffWithItsDatabase: a client never takes a part of the list for all of it.
func TestBackOffice_ExportBreaksOffWithItsDatabase(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	proxy := through(t, &cfg.PostgresURL)
	p := startWith(t, cfg)
	event := p.event(1, 10, nil)
	const bookings = 30_000
	p.exec(`INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, ended_at)
		SELECT gen_random_uuid(), $1, $1, 'EXPIRED', 2500, 'EUR', made, made, made
		FROM (SELECT now() - i * interval '1 second' AS made FROM generate_series(1, $2::int) AS i) AS past`, event, bookings)
	p.exec(`INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live) SELECT id, event_id, 0, 0, 2500, false FROM bookings`)
	begin := func() *bufio.Reader {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/admin/events/"+event+"/bookings.csv", nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+p.admin)
		response, err := p.http.Do(request)
		require.NoError(t, err)
		t.Cleanup(func() { response.Body.Close() })
		require.Equal(t, 200, response.StatusCode)
		lines := bufio.NewReader(response.Body)
		_, err = lines.ReadString('\n')
		require.NoError(t, err)
		return lines
	}
	cutOff := begin()
	proxy.Cut()
	_, err := io.Copy(io.Discard, cutOff)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	proxy.Restore()
	eventually(t, 20*time.Second, "the database to be used again", func() bool {
		return p.call("GET", "/admin/events/"+event+"/report", p.admin, nil).status == 200
	})
	all, err := io.ReadAll(begin())
	require.NoError(t, err)
	require.Equal(t, bookings, bytes.Count(all, []byte("\n")))
}

// TestBackOffice_SendsTicketsAgain: a mail that got lost comes once more, a few times an hour.
func TestBackOffice_SendsTicketsAgain(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 10, nil)
	token, email := p.user()
	bought := p.hold(token, event, "A-1-1").text("id")
	again := "/api/v1/admin/bookings/" + bought + "/mails"
	p.must(409, "POST", again, p.admin, nil)
	p.must(201, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	tickets := func() (mails int) {
		for _, m := range mailsTo(t, email) {
			if strings.Contains(m.MessageID, bought) {
				mails++
			}
		}
		return mails
	}
	for sent := 1; sent <= 4; sent++ {
		eventually(t, 20*time.Second, "the tickets", func() bool {
			return tickets() == sent && p.count("SELECT count(*) FROM outbox WHERE booking_id = $1 AND sent_at IS NOT NULL", bought) == 1
		})
		if sent <= 3 {
			p.must(202, "POST", again, p.admin, nil)
		}
	}
	require.Equal(t, 4, tickets())
	require.NotEmpty(t, p.must(429, "POST", again, p.admin, nil).header.Get("Retry-After"))
	require.Equal(t, 3, p.count("SELECT count(*) FROM audit WHERE action = 'booking.tickets_again' AND subject_id = $1", bought))
	p.must(200, "POST", "/bookings/"+bought+"/refund", p.admin, nil)
	p.must(409, "POST", again, p.admin, nil)
	p.must(404, "POST", "/api/v1/admin/bookings/"+event+"/mails", p.admin, nil)
}
