package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/cmd/eventra/app"
)

// TestKeyedHold_ShowsTheHoldAsItWasMade: a repetition has the bytes of the first answer,
// whatever became of the booking, and after a restart.
func TestKeyedHold_ShowsTheHoldAsItWasMade(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(2, 10, nil)
	token, _ := p.user()
	body := object{"eventId": event, "bestAvailable": object{"quantity": 3}}
	first := p.must(201, "POST", "/bookings", token, body, "Idempotency-Key: k")
	require.Empty(t, first.header.Get("Idempotency-Replayed"))
	require.Equal(t, 1, p.count(`SELECT count(*) FROM idempotency_keys WHERE held AND status IS NULL`))
	replay := func() {
		t.Helper()
		again := p.must(201, "POST", "/bookings", token, body, "Idempotency-Key: k")
		require.Equal(t, string(first.raw), string(again.raw))
		require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
		for _, name := range []string{"Location", "Content-Type"} {
			require.Equal(t, first.header.Get(name), again.header.Get(name))
		}
		other := p.call("POST", "/bookings", token, object{"eventId": event, "seats": []string{"A-2-1"}}, "Idempotency-Key: k")
		require.Equal(t, "idempotency_key_reused", other.text("code"), other)
	}
	replay()
	p.must(201, "POST", "/bookings/"+first.text("id")+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	replay()
	p.stop()
	p.boot()
	replay()
	require.Equal(t, 1, p.count(`SELECT count(*) FROM bookings`))

	taken := object{"eventId": event, "seats": []string{first.body["seats"].([]any)[0].(object)["seat"].(string)}}
	refused := p.must(409, "POST", "/bookings", token, taken, "Idempotency-Key: refused")
	p.must(200, "POST", "/bookings/"+first.text("id")+"/refund", p.admin, nil)
	replay()
	again := p.must(409, "POST", "/bookings", token, taken, "Idempotency-Key: refused")
	require.Equal(t, string(refused.raw), string(again.raw))
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
}

// TestKeyedHold_AtTwoInstances: repetitions at the same time, at two instances that both take
// the event for theirs, make one booking.
func TestKeyedHold_AtTwoInstances(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	p := startWith(t, cfg)
	other := *cfg
	urls := []string{p.url, startWith(t, &other).url}
	event := p.event(5, 20, nil)
	token, _ := p.user()
	var mu sync.Mutex
	ids := map[string]string{}
	parallel(120, 12, func(i int) {
		at := *p
		at.url = urls[i/6%2]
		key := fmt.Sprint("key", i%20)
		a, err := at.try("POST", "/bookings", token, object{"eventId": event, "bestAvailable": object{"quantity": 2}}, "Idempotency-Key: "+key)
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case a.status == 409 && a.text("code") == "idempotency_in_progress", a.status == 503:
		case a.status != 201, ids[key] != "" && ids[key] != a.text("id"):
			t.Errorf("under %s, made as %s: %v", key, ids[key], a)
		default:
			ids[key] = a.text("id")
		}
	})
	require.Len(t, ids, 20)
	require.Equal(t, 20, p.count(`SELECT count(*) FROM bookings`))
}

// TestKeyedHold_WhoseAnswerIsLost: the store has committed, and the event's actor does not
// learn of it.
func TestKeyedHold_WhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	var left atomic.Int64
	p := startWith(t, testConfig(t), app.WithEventStore(func(s actors.EventStore) actors.EventStore { return lostAnswers{s, &left} }))
	event := p.event(2, 10, nil)
	token, _ := p.user()
	hold := func(key string) *answer {
		return p.call("POST", "/bookings", token, object{"eventId": event, "bestAvailable": object{"quantity": 2}}, "Idempotency-Key: "+key)
	}
	left.Store(1)
	first := hold("once")
	require.Equal(t, 201, first.status, first)
	require.Equal(t, string(first.raw), string(hold("once").raw))

	id := first.text("id")
	p.must(200, "DELETE", "/bookings/"+id, token, nil)
	require.Equal(t, string(first.raw), string(hold("once").raw), "it has ended since")
	require.Equal(t, 1, p.count(`SELECT count(*) FROM bookings`))
}

// TestKeyedHold_AfterAKill: holds are under way when the program is killed. After a restart
// each of them is made once, and those that were answered have the same answer.
func TestKeyedHold_AfterAKill(t *testing.T) {
	t.Parallel()
	const holds = 60
	cfg := testConfig(t)
	running := startProcess(t, cfg)
	p := &program{t: t, cfg: cfg, url: running.url, http: &http.Client{Timeout: 10 * time.Second}}
	p.admin = p.login(adminEmail, adminPassword)
	event := p.event(10, 20, nil)
	tokens := p.users(4)
	hold := func(i int) (*answer, error) {
		return p.try("POST", "/bookings", tokens[i%4], object{"eventId": event, "bestAvailable": object{"quantity": 2}}, fmt.Sprint("Idempotency-Key: ", i))
	}
	var answers [holds]*answer
	var done atomic.Int64
	parallel(holds, 8, func(i int) {
		a, err := hold(i)
		if err == nil && a.status == 201 {
			answers[i] = a
		}
		if done.Add(1) == holds/3 {
			_ = running.cmd.Process.Kill()
		}
	})
	_ = running.cmd.Wait()
	p.url = startProcess(t, cfg).url
	for i, first := range answers {
		var again *answer
		eventually(t, 20*time.Second, "the retry's answer", func() bool {
			var err error
			again, err = hold(i)
			return err == nil && again.status == 201
		})
		if first != nil {
			require.Equal(t, string(first.raw), string(again.raw))
		}
	}
	require.Equal(t, holds, p.count(`SELECT count(*) FROM bookings`))
	require.Equal(t, holds, p.count(`SELECT count(DISTINCT resource_id) FROM idempotency_keys JOIN bookings ON id = resource_id`))
}
