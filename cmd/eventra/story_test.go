package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestApp_Story takes the steps of a newcomer's first day.
func TestApp_Story(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(4, 10, object{"holdSeconds": 5})
	token, email := p.user()

	list := p.must(200, "GET", "/events", "", nil)
	require.Contains(t, string(list.raw), event)
	require.Equal(t, "AVAILABLE", p.seatStatus(event)["A-1-1"])

	held := p.hold(token, event, "A-1-1", "A-1-2")
	require.Equal(t, 201, held.status, held)
	id := held.text("id")
	require.Equal(t, "/api/v1/bookings/"+id, held.header.Get("Location"))
	require.Equal(t, object{"amount": 5000.0, "currency": "EUR"}, held.body["total"])
	require.Equal(t, "HELD", p.seatStatus(event)["A-1-2"])

	paid := p.must(201, "POST", "/bookings/"+id+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	require.Equal(t, "SUCCEEDED", paid.text("status"))
	require.Equal(t, "CONFIRMED", paid.body["booking"].(object)["status"])
	require.Equal(t, "BOOKED", p.seatStatus(event)["A-1-1"])
	eventually(t, 20*time.Second, "the mail", func() bool { return len(mailsTo(t, email)) == 1 })
	m := mailsTo(t, email)[0]
	for _, part := range []string{"A show", "row 1, seat 2", "50.00 EUR", id} {
		require.Contains(t, m.Text+m.HTML, part)
	}
	require.Contains(t, m.MessageID, id)

	late := p.hold(token, event, "A-2-1")
	require.Equal(t, 201, late.status, late)
	deadline, err := time.Parse(time.RFC3339, late.text("expiresAt"))
	require.NoError(t, err)
	eventually(t, 8*time.Second, "the seat to come back", func() bool { return p.seatStatus(event)["A-2-1"] == "AVAILABLE" })
	require.False(t, time.Now().Before(deadline), "held until the deadline")
	require.Equal(t, "EXPIRED", p.must(200, "GET", "/bookings/"+late.text("id"), token, nil).text("status"))

	cancelled := p.hold(token, event, "A-3-1").text("id")
	require.Equal(t, "CANCELLED", p.must(200, "DELETE", "/bookings/"+cancelled, token, nil).text("status"))
	p.must(200, "DELETE", "/bookings/"+cancelled, token, nil)
	refunded := p.must(200, "POST", "/bookings/"+id+"/refund", p.admin, nil)
	require.Equal(t, "REFUNDED", refunded.text("status"))
	require.Equal(t, "AVAILABLE", p.seatStatus(event)["A-1-1"])

	mine := p.must(200, "GET", "/bookings", token, nil)
	var order []string
	for _, b := range mine.body["items"].([]any) {
		order = append(order, b.(object)["status"].(string))
	}
	require.Equal(t, "CANCELLED EXPIRED REFUNDED", strings.Join(order, " "), "newest first")
}
