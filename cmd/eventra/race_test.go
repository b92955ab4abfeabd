package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHold_OneSeatManyBuyers(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 1, nil)
	tokens := p.users(20)
	var won, refused atomic.Int64
	parallel(200, 200, func(i int) {
		a := p.hold(tokens[i%len(tokens)], event, "A-1-1")
		switch {
		case a.status == 201:
			won.Add(1)
		case a.status == 409 && a.text("code") == "seats_unavailable":
			refused.Add(1)
		default:
			t.Errorf("unexpected: %v", a)
		}
	})
	require.EqualValues(t, 1, won.Load())
	require.EqualValues(t, 199, refused.Load())
}

// TestHold_LimitPerCustomer lets one customer ask for many seats at once: never one more than
// the limit is granted, and what is released may be held again.
func TestHold_LimitPerCustomer(t *testing.T) {
	t.Parallel()
	const limit = 7
	p := start(t)
	event := p.event(20, 10, object{"maxSeatsPerCustomer": limit})
	token := p.users(1)[0]
	var held []string
	for range 3 {
		var mu sync.Mutex
		parallel(200, 200, func(i int) {
			a := p.hold(token, event, fmt.Sprintf("A-%d-%d", 1+i/10, 1+i%10))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case a.status == 201:
				held = append(held, a.text("id"))
			case a.status == 409 && a.text("code") == "seats_unavailable": // held since the round before
			case a.status == 409 && a.text("code") == "customer_limit" && a.body["limit"] == float64(limit) && a.body["held"] == float64(limit):
			default:
				t.Errorf("unexpected: %v", a)
			}
		})
		require.Len(t, held, limit)
		for _, id := range held[:3] {
			p.must(200, "DELETE", "/bookings/"+id, token, nil)
		}
		held = held[3:]
	}
}

func TestHold_GroupsOverFewSeats(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(10, 10, nil)
	tokens := p.users(20)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	owner := map[string]string{}
	parallel(500, 100, func(i int) {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		row, first, size := 1+r.IntN(10), 1+r.IntN(7), 1+r.IntN(4)
		var seats []string
		for n := range size {
			seats = append(seats, fmt.Sprintf("A-%d-%d", row, first+n))
		}
		a := p.hold(tokens[i%len(tokens)], event, seats...)
		if a.status != 201 {
			if a.status != 409 {
				t.Errorf("unexpected: %v", a)
			}
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, s := range seats {
			if other := owner[s]; other != "" {
				t.Errorf("seat %s is in %s and %s", s, other, a.text("id"))
			}
			owner[s] = a.text("id")
		}
	})
	held := 0
	for seat, status := range p.seatStatus(event) {
		if status == "HELD" {
			held++
			require.NotEmpty(t, owner[seat])
		}
	}
	require.Equal(t, len(owner), held)
	counts := p.must(200, "GET", "/events/"+event+"/availability", "", nil).body
	require.EqualValues(t, held, counts["held"])
	require.EqualValues(t, 100-held, counts["available"])
}

// TestPay_AgainstExpiry pays at the deadline. Payment or expiry wins, and the
// booking, its payments and its seat agree on which.
func TestPay_AgainstExpiry(t *testing.T) {
	t.Parallel()
	const n = 500
	p := start(t)
	event := p.event(n/20, 20, object{"holdSeconds": 5})
	tokens := p.users(20)
	type held struct {
		id, seat, token string
		deadline        time.Time
	}
	holds := make([]held, n)
	parallel(n, 50, func(i int) {
		seat := fmt.Sprintf("A-%d-%d", 1+i/20, 1+i%20)
		token := tokens[i%len(tokens)]
		a := p.hold(token, event, seat)
		deadline, err := time.Parse(time.RFC3339, a.text("expiresAt"))
		if err != nil {
			t.Errorf("%v", a)
		}
		holds[i] = held{a.text("id"), seat, token, deadline}
	})
	require.False(t, t.Failed())
	answers := make([]*answer, n)
	parallel(n, n, func(i int) {
		// From well before the deadline to a little after: a busy machine answers late.
		around := time.Duration(i%50)*50*time.Millisecond - 2400*time.Millisecond
		<-time.After(time.Until(holds[i].deadline) + around)
		a, err := p.try("POST", "/bookings/"+holds[i].id+"/payments", holds[i].token, object{"method": "mock", "token": "tok_ok"})
		if err != nil {
			t.Error(err)
		}
		answers[i] = a
	})
	require.False(t, t.Failed())
	confirmed := 0
	eventually(t, 20*time.Second, "every booking to end", func() bool {
		for i := range holds {
			if p.call("GET", "/bookings/"+holds[i].id, holds[i].token, nil).text("status") == "HELD" {
				return false
			}
		}
		return true
	})
	seats := p.seatStatus(event)
	for i, h := range holds {
		status := p.must(200, "GET", "/bookings/"+h.id, h.token, nil).text("status")
		switch answers[i].status {
		case http.StatusServiceUnavailable: // the answer is lost, and either has won
			require.Equal(t, map[string]string{"CONFIRMED": "BOOKED", "EXPIRED": "AVAILABLE"}[status], seats[h.seat])
		case http.StatusCreated:
			confirmed++
			if answers[i].body["booking"].(object)["id"] == h.id {
				require.Equal(t, "CONFIRMED", status)
			}
			require.Equal(t, "BOOKED", seats[h.seat])
		case http.StatusConflict:
			require.Equal(t, "hold_expired", answers[i].text("code"))
			require.Equal(t, "EXPIRED", status)
			require.Equal(t, "AVAILABLE", seats[h.seat])
		default:
			t.Fatalf("unexpected: %v", answers[i])
		}
	}
	t.Logf("%d of %d paid in time", confirmed, n)
	require.NotZero(t, confirmed)
}

func TestIdempotencyKey_ManyClients(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(5, 10, nil)
	token, _ := p.user()
	body := object{"eventId": event, "bestAvailable": object{"quantity": 2}}
	var mu sync.Mutex
	ids := map[string]bool{}
	parallel(50, 50, func(int) {
		for {
			a := p.call("POST", "/bookings", token, body, "Idempotency-Key: the-only-one")
			if a.status == 409 && a.text("code") == "idempotency_in_progress" {
				continue
			}
			if a.status != 201 {
				t.Errorf("unexpected: %v", a)
			}
			mu.Lock()
			ids[a.text("id")] = true
			mu.Unlock()
			return
		}
	})
	require.Len(t, ids, 1)
	require.EqualValues(t, 2, p.must(200, "GET", "/events/"+event+"/availability", "", nil).body["held"])
	other := p.call("POST", "/bookings", token, object{"eventId": event, "seats": []string{"A-5-1"}}, "Idempotency-Key: the-only-one")
	require.Equal(t, 422, other.status)
	require.Equal(t, "idempotency_key_reused", other.text("code"))
}
