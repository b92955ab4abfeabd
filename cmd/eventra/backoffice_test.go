package main

import (
	"bytes"
	"encoding/csv"
	"net/url"
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

// found lists the ids on a page of bookings.
func (p *program) found(path string) (ids []string) {
	p.t.Helper()
	for _, b := range p.must(200, "GET", path, p.admin, nil).body["items"].([]any) {
		ids = append(ids, b.(object)["id"].(string))
	}
	return ids
}

// pages lists the ids on all pages.
func (p *program) pages(path string) (ids []string) {
	p.t.Helper()
	for cursor := ""; ; {
		page := p.must(200, "GET", path+cursor, p.admin, nil)
		for _, b := range page.body["items"].([]any) {
			ids = append(ids, b.(object)["id"].(string))
		}
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
	bought := p.hold(token, event, "A-1-1", "A-1-2").text("id")
	p.must(201, "POST", "/bookings/"+bought+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	held := p.hold(token, event, "A-1-3").text("id")
	p.exec(`UPDATE users SET name = '=HYPERLINK("http://x","é")' WHERE email = $1`, email)

	path := "/api/v1/admin/events/" + event + "/bookings.csv"
	lines, err := csv.NewReader(bytes.NewReader(p.must(200, "GET", path, p.admin, nil).raw)).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 4)
	require.Equal(t, []string{bought, bought, held}, []string{lines[1][0], lines[2][0], lines[3][0]})
	require.Equal(t, []string{email, `'=HYPERLINK("http://x","é")`, "1", "A-1-1", "A", "1", "1", "A", "Standard", "2500", "EUR", "LIVE"}, lines[1][6:])
	lines, err = csv.NewReader(bytes.NewReader(p.must(200, "GET", path+"?status=CONFIRMED", p.admin, nil).raw)).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 3)
	p.must(404, "GET", "/api/v1/admin/events/"+bought+"/bookings.csv", p.admin, nil)
}
