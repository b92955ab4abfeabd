package http

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestSearchBookings(t *testing.T) {
	ts := newTestServer(t)
	const path = "/api/v1/admin/bookings"
	ts.problem(ts.send("GET", path, "", ""), 401, eventra.CodeUnauthenticated)
	ts.problem(ts.send("GET", path, ts.userToken, ""), 403, eventra.CodeForbidden)
	list, a := ts.ok(200, "GET", path, ts.adminToken, "")
	require.Equal(t, cachePrivate, a.Header.Get("Cache-Control"))
	require.Len(t, list["items"], len(ts.fakes.bookings))
	require.Nil(t, list["nextCursor"])
	for _, item := range list["items"].([]any) {
		customer := item.(map[string]any)["customer"].(map[string]any)
		require.Equal(t, "user", customer["kind"])
		require.Contains(t, []any{"user@example.com", "other@example.com"}, customer["email"])
	}

	_, _ = ts.ok(200, "GET", path+"?eventId="+ts.published+"&status=HELD&email=%20USER%40example.com&seat=A-1-1&from=2030-05-01T12:00:00Z&to=2030-05-02T12:00:00Z", ts.adminToken, "")
	event, err := eventra.ParseID(ts.published)
	require.NoError(t, err)
	at := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	require.Equal(t, eventra.BookingSearch{EventID: event, Status: eventra.BookingHeld, Email: "user@example.com",
		Seat: &eventra.Seat{Section: "A", Row: "1", Number: 1}, From: at, To: at.AddDate(0, 0, 1)}, ts.fakes.searched)

	_, _ = ts.ok(200, "GET", path+"?reference=%20cmkm%206dmm", ts.adminToken, "")
	require.Equal(t, eventra.BookingSearch{Reference: 4711}, ts.fakes.searched)
	for _, wrong := range []string{"?reference=", "?reference=CMKM-6DM", "?reference=CMKM-6DMU", "?reference=CMKM-6DMM&seat=A-1-1&eventId=" + ts.published} {
		ts.problem(ts.send("GET", path+wrong, ts.adminToken, ""), 422, eventra.CodeValidationFailed)
	}

	list, _ = ts.ok(200, "GET", path+"?limit=1", ts.adminToken, "")
	cursor := list["nextCursor"].(string)
	ts.ok(200, "GET", path+"?limit=1&cursor="+cursor, ts.adminToken, "")
	ts.problem(ts.send("GET", path+"?status=HELD&cursor="+cursor, ts.adminToken, ""), 422, eventra.CodeValidationFailed)
	ts.problem(ts.send("GET", "/api/v1/bookings?cursor="+cursor, ts.adminToken, ""), 422, eventra.CodeValidationFailed)
	ts.fakes.fail(eventra.Unavailable("postgres", errors.New("lost")))
	ts.problem(ts.send("GET", path, ts.adminToken, ""), 503, eventra.CodeUnavailable)
}

func TestBookingRecord(t *testing.T) {
	ts := newTestServer(t)
	path := "/api/v1/admin/bookings/" + ts.bookingID
	ts.problem(ts.send("GET", path, ts.userToken, ""), 403, eventra.CodeForbidden)
	got, _ := ts.ok(200, "GET", path, ts.adminToken, "")
	require.Equal(t, ts.user.ID.String(), got["customer"].(map[string]any)["id"])
	require.Empty(t, got["payments"])
	require.Empty(t, got["mails"])
	require.NotContains(t, got, "confirmedAt")
	require.Len(t, got["history"], 1)

	id, err := eventra.ParseID(ts.bookingID)
	require.NoError(t, err)
	b := *ts.fakes.bookings[id]
	b.Status, b.UserID = eventra.BookingRefunded, newID() // of a customer who is gone
	ts.fakes.bookings[id] = &b
	at := func(minutes int) time.Time { return b.CreatedAt.Add(time.Duration(minutes) * time.Minute) }
	paid := eventra.Payment{ID: newID(), BookingID: id, Method: "mock", Amount: b.Total, Status: eventra.PaymentRefunded, CreatedAt: at(1), UpdatedAt: at(4)}
	tickets := eventra.BookingMail{MailRef: eventra.Tickets(id), CreatedAt: at(2), EndedAt: at(3)}
	told := eventra.BookingMail{MailRef: eventra.MailRef{Kind: eventra.MailCancelled, BookingID: id, About: b.EventID}, CreatedAt: at(4)}
	withheld := told
	withheld.Kind, withheld.Withheld, withheld.EndedAt = eventra.MailRescheduled, true, at(5)
	ts.fakes.record = &eventra.BookingRecord{Booking: &b, ConfirmedAt: at(2), EndedAt: at(4), Payments: []eventra.Payment{paid},
		Mails: []eventra.BookingMail{tickets, told, withheld}}
	ts.fakes.tries = eventra.MailTries{Tries: 3, LastError: "no such mailbox", Dead: true}
	got, _ = ts.ok(200, "GET", path, ts.adminToken, "")
	require.Equal(t, map[string]any{"id": b.UserID.String(), "kind": "user"}, got["customer"])
	var steps, states []any
	for _, step := range got["history"].([]any) {
		steps = append(steps, step.(map[string]any)["step"])
	}
	require.Equal(t, []any{"HELD", "PAYMENT_STARTED", "CONFIRMED", "PAYMENT_ENDED", "REFUNDED"}, steps)
	for _, mail := range got["mails"].([]any) {
		states = append(states, mail.(map[string]any)["status"])
	}
	require.Equal(t, []any{"SENT", "DEAD", "WITHHELD"}, states)
	require.Equal(t, "no such mailbox", got["mails"].([]any)[1].(map[string]any)["lastError"])

	ts.fakes.triesErr = errors.New("Redis is away")
	got, _ = ts.ok(200, "GET", path, ts.adminToken, "")
	require.Equal(t, "DUE", got["mails"].([]any)[1].(map[string]any)["status"])
}
