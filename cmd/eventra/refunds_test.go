package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// buys makes a user's booking of seats, paid.
func (p *program) buys(token, event string, seats ...string) (booking string) {
	p.t.Helper()
	booking = p.hold(token, event, seats...).text("id")
	p.must(201, "POST", "/bookings/"+booking+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	return booking
}

// TestApp_RefundsItems: a ticket goes back, its seat sells again, the rest follows, to the cent.
func TestApp_RefundsItems(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(2, 10, nil)
	token, email := p.user()
	booking := p.buys(token, event, "A-1-1", "A-1-2", "A-1-3")
	refunds := "/bookings/" + booking + "/refunds"
	p.must(403, "POST", refunds, token, object{"items": []int{1}})

	first := p.must(201, "POST", refunds, p.admin, object{"items": []int{2}, "reason": "Ada is ill."})
	require.Equal(t, object{"amount": 2500.0, "currency": "EUR"}, first.body["amount"])
	require.Equal(t, []any{"SUCCEEDED", true, "Ada is ill.", booking}, []any{first.body["status"], first.body["released"], first.body["reason"], first.body["bookingId"]})
	require.Equal(t, "AVAILABLE", p.seatStatus(event)["A-1-2"])
	shown := p.must(200, "GET", "/bookings/"+booking, token, nil)
	require.Equal(t, "CONFIRMED", shown.text("status"))
	require.Equal(t, object{"amount": 2500.0, "currency": "EUR"}, shown.body["refunded"])
	require.Equal(t, "RELEASED", shown.body["items"].([]any)[1].(object)["status"])

	again := p.must(409, "POST", refunds, p.admin, object{"items": []int{2}})
	require.Equal(t, "item_released", again.text("code"))
	much := p.must(409, "POST", refunds, p.admin, object{"items": []int{}, "amount": 5001})
	require.Equal(t, "refund_exceeds_payment", much.text("code"))
	require.Equal(t, object{"amount": 5000.0, "currency": "EUR"}, much.body["refundable"])
	p.must(422, "POST", refunds, p.admin, object{"items": []int{4}})
	p.must(422, "POST", refunds, p.admin, object{"items": []int{}})

	other, _ := p.user()
	p.buys(other, event, "A-1-2")
	p.must(404, "GET", refunds, other, nil)
	goodwill := p.must(201, "POST", refunds, p.admin, object{"items": []int{1}, "amount": object{"amount": 500, "currency": "EUR"}, "release": false})
	require.Equal(t, false, goodwill.body["released"])
	require.Equal(t, "BOOKED", p.seatStatus(event)["A-1-1"])
	refunded := p.must(200, "POST", "/bookings/"+booking+"/refund", p.admin, nil)
	require.Equal(t, "REFUNDED", refunded.text("status"))
	require.Equal(t, object{"amount": 7500.0, "currency": "EUR"}, refunded.body["refunded"])
	p.must(409, "POST", refunds, p.admin, object{"items": []int{1}})

	list := p.must(200, "GET", refunds, token, nil).body["items"].([]any)
	require.Len(t, list, 3)
	last := list[2].(object)
	require.Equal(t, []any{object{"amount": 4500.0, "currency": "EUR"}, []any{1.0, 3.0}, "SUCCEEDED", true}, []any{last["amount"], last["items"], last["status"], last["released"]})
	require.Len(t, p.must(200, "GET", refunds, p.admin, nil).body["items"], 3)
	require.Equal(t, "AVAILABLE", p.seatStatus(event)["A-1-1"])
	require.Equal(t, "BOOKED", p.seatStatus(event)["A-1-2"])
	require.Len(t, p.must(200, "GET", "/admin/bookings/"+booking, p.admin, nil).body["refunds"], 3)

	p.mailed(email, first.text("id"), "25.00 EUR goes back", "Ada is ill.", "row 1, seat 2", "not valid any more")
	p.mailed(email, goodwill.text("id"), "5.00 EUR goes back", "row 1, seat 1", "stays valid")
	code, report, _ := runCheck(t, p.cfg.PostgresURL)
	require.Zero(t, code, report)
}

// mailed waits for the mail about a refund.
func (p *program) mailed(to, refund string, parts ...string) {
	p.t.Helper()
	var mail message
	eventually(p.t, 20*time.Second, "the mail", func() bool {
		for _, m := range mailsTo(p.t, to) {
			if strings.Contains(m.MessageID, ".refunded."+refund) {
				mail = m
			}
		}
		return mail.Subject != ""
	})
	require.Equal(p.t, "Refund: A show", mail.Subject)
	for _, part := range parts {
		require.Contains(p.t, mail.Text, part)
	}
}

// TestApp_RefundRaces: items go back while the whole booking does, and its event is cancelled. What
// every buyer gets is what was paid.
func TestApp_RefundRaces(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, cancelled := range []bool{false, true} {
		event := p.event(4, 10, nil)
		token, _ := p.user()
		var bookings []string
		for row := 1; row <= 4; row++ {
			bookings = append(bookings, p.buys(token, event, fmt.Sprintf("A-%d-1", row), fmt.Sprintf("A-%d-2", row), fmt.Sprintf("A-%d-3", row)))
		}
		var all sync.WaitGroup
		ask := func(path string, body any) {
			all.Go(func() {
				if a := p.call("POST", path, p.admin, body); a.status >= 500 || a.status == 422 {
					t.Errorf("%v", a)
				}
			})
		}
		for i, booking := range bookings {
			for item := 1; item <= 3; item++ {
				ask("/bookings/"+booking+"/refunds", object{"items": []int{item}})
				ask("/bookings/"+booking+"/refunds", object{"items": []int{}, "amount": 700})
			}
			if i%2 == 0 && !cancelled {
				ask("/bookings/"+booking+"/refund", nil)
			}
		}
		if cancelled {
			ask("/events/"+event+"/cancel", nil)
		}
		all.Wait()
		for _, booking := range bookings {
			p.call("POST", "/bookings/"+booking+"/refund", p.admin, nil) // what is left, if there is any
			eventually(t, 30*time.Second, "all money", func() bool {
				b := p.must(200, "GET", "/bookings/"+booking, token, nil)
				if b.text("status") == "REFUNDED" && b.body["refunded"].(object)["amount"] == 7500.0 {
					return true
				}
				left := int(7500 - b.body["refunded"].(object)["amount"].(float64))
				p.call("POST", "/bookings/"+booking+"/refunds", p.admin, object{"items": []int{}, "amount": left})
				return false
			})
		}
		require.Equal(t, 4*7500, p.count(returnedSQL, event))
	}
	code, report, _ := runCheck(t, p.cfg.PostgresURL)
	require.Zero(t, code, report)
}

// returnedSQL is what the gateway's books say of an event: what was returned in parts, and what was left.
const returnedSQL = `
SELECT coalesce(sum(CASE status WHEN 'REFUNDED' THEN amount ELSE parts END), 0)::int FROM mock_charges
CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS parts FROM mock_refunds
    WHERE mock_refunds.payment_id = mock_charges.payment_id AND mock_refunds.status = 'RETURNED') AS returned
WHERE event_id = $1`

// TestApp_RefundsAnItemOnce: many ask at once, and money moves once.
func TestApp_RefundsAnItemOnce(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 10, nil)
	token, _ := p.user()
	booking := p.buys(token, event, "A-1-1", "A-1-2")
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch a := p.call("POST", "/bookings/"+booking+"/refunds", p.admin, object{"items": []int{1}}); a.status {
			case 201:
				made.Add(1)
			case 409:
				refused.Add(1)
			default:
				t.Errorf("%v", a)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, made.Load())
	require.EqualValues(t, 99, refused.Load())
	require.Equal(t, 2500, p.count("SELECT sum(amount) FROM mock_refunds WHERE status = 'RETURNED'"))
	code, report, _ := runCheck(t, p.cfg.PostgresURL)
	require.Zero(t, code, report)
}
