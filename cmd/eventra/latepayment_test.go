package main

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
)

// age lets the deadline and the grace of a hold pass while its payment runs, as if the gateway had answered too late, and waits
// until the hold has expired: an event that is read again goes by what is stored.
func (p *program) age(event, booking string) {
	p.t.Helper()
	p.exec(`UPDATE bookings SET expires_at = now() - interval '1 second', paying_until = now() - interval '1 second' WHERE id = $1`, booking)
	p.must(201, "POST", "/events/"+event+"/seats", p.admin, seatsOf("Late"))
	eventually(p.t, 20*time.Second, "the hold to expire", func() bool {
		return p.must(200, "GET", "/admin/bookings/"+booking, p.admin, nil).text("status") == "EXPIRED"
	})
}

// TestApp_LatePaymentRaces: money comes for a hold that has expired, while its seats are held by somebody else or not, its event
// is cancelled or not, and items and whole bookings go back. In the end all money is with those who have tickets, or back.
func TestApp_LatePaymentRaces(t *testing.T) {
	t.Parallel()
	p := start(t, func(c *app.Config) { c.PaymentTimeout = 20 * time.Second })
	for name, c := range map[string]struct{ resold, cancelledBefore, cancelledAfter bool }{
		"a successor": {}, "resold": {resold: true}, "cancelled before": {cancelledBefore: true}, "cancelled after": {cancelledAfter: true},
	} {
		event := p.event(2, 10, nil)
		late, _ := p.user()
		others, _ := p.user()
		bought := p.buys(others, event, "A-2-1", "A-2-2", "A-2-3")
		booking := p.hold(late, event, "A-1-1", "A-1-2").text("id")
		paid := make(chan *answer, 1)
		go func() {
			paid <- p.call("POST", "/bookings/"+booking+"/payments", late, object{"method": "mock", "token": "tok_slow_2500"})
		}()
		eventually(t, 10*time.Second, "the payment to run", func() bool {
			return p.count("SELECT count(*) FROM bookings WHERE id = $1 AND payment_id IS NOT NULL", booking) == 1
		})
		p.age(event, booking)
		var all sync.WaitGroup
		ask := func(token, path string, body any) {
			all.Go(func() {
				if a := p.call("POST", path, token, body); a.status >= 500 || a.status == 422 {
					t.Errorf("%v", a)
				}
			})
		}
		if c.resold {
			ask(others, "/bookings", object{"eventId": event, "seats": []string{"A-1-2"}})
		}
		for item := 1; item <= 3; item++ {
			ask(p.admin, "/bookings/"+bought+"/refunds", object{"items": []int{item}})
		}
		ask(p.admin, "/bookings/"+bought+"/refund", nil)
		if c.cancelledBefore {
			ask(p.admin, "/events/"+event+"/cancel", nil)
		}
		answered := <-paid
		if c.cancelledAfter {
			ask(p.admin, "/events/"+event+"/cancel", nil)
		}
		require.Contains(t, []int{201, 409}, answered.status, "%v", answered)
		if answered.status == 201 { // a successor, which goes back in parts while the event is cancelled
			successor := answered.body["booking"].(object)["id"].(string)
			require.NotEqual(t, booking, successor)
			ask(p.admin, "/bookings/"+successor+"/refunds", object{"items": []int{1}})
			ask(p.admin, "/bookings/"+successor+"/refund", nil)
		} else {
			require.Contains(t, []string{"hold_expired", "sale_closed"}, answered.text("code"), name)
		}
		all.Wait()
		eventually(t, 30*time.Second, "all money to be back: "+name, func() bool {
			return p.count(chargedSQL, event) == p.count(returnedSQL, event)
		})
		require.Equal(t, 3*2500+2*2500, p.count(chargedSQL, event), name)
		require.Zero(t, p.count("SELECT count(*) FROM bookings WHERE event_id = $1 AND status = 'CONFIRMED'", event), name)
	}
	code, report, _ := runCheck(t, p.cfg.PostgresURL)
	require.Zero(t, code, report)
}

// chargedSQL is what the gateway has taken for an event.
const chargedSQL = `SELECT coalesce(sum(amount), 0)::int FROM mock_charges WHERE event_id = $1 AND status IN ('CHARGED', 'REFUNDED')`
