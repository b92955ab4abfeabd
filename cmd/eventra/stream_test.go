package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// watched is a seat map as the client of a stream keeps it.
type watched struct {
	mu       sync.Mutex
	version  uint64
	statuses map[string]string
	fault    string
}

// watch follows an event's stream until the test ends.
func (p *program) watch(event string) *watched {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", p.url+"/api/v1/events/"+event+"/seats/stream", nil)
	require.NoError(p.t, err)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(p.t, err)
	require.Equal(p.t, 200, resp.StatusCode)
	w := &watched{statuses: map[string]string{}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				w.learn(data)
			}
		}
	}()
	p.t.Cleanup(func() {
		cancel()
		<-ended
		_ = resp.Body.Close()
	})
	return w
}

// learn applies a snapshot or a delta.
func (w *watched) learn(data string) {
	type seat struct{ Seat, Status string }
	var frame struct {
		Version uint64
		Seats   []seat
		Changes []seat
	}
	err := json.Unmarshal([]byte(data), &frame)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || frame.Version <= w.version && frame.Seats == nil {
		w.fault = fmt.Sprintf("after version %d: %s: %v", w.version, data, err)
	}
	w.version = frame.Version
	for _, s := range append(frame.Seats, frame.Changes...) {
		w.statuses[s.Seat] = s.Status
	}
}

func (w *watched) now(t *testing.T) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Empty(t, w.fault)
	return maps.Clone(w.statuses)
}

// Every watcher ends with the true seat map after holds, payments, releases and
// expiries.
func TestSeatStream_ConvergesForEveryWatcher(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(4, 10, object{"holdSeconds": 5})
	tokens := p.users(4)
	early := p.watch(event)
	parallel(60, 8, func(i int) {
		token, seat := tokens[i%len(tokens)], fmt.Sprintf("A-%d-%d", 1+rand.IntN(4), 1+rand.IntN(10))
		a := p.hold(token, event, seat)
		if a.status != 201 {
			return
		}
		switch i % 3 {
		case 0:
			p.must(201, "POST", "/bookings/"+a.text("id")+"/payments", token, object{"method": "mock", "token": "tok_ok"})
		case 1:
			p.must(200, "DELETE", "/bookings/"+a.text("id"), token, nil)
		}
	})
	late := p.watch(event)
	for name, w := range map[string]*watched{"from the beginning": early, "from the middle": late} {
		eventually(t, 2*time.Second, name+": after the rush", func() bool { return maps.Equal(p.seatStatus(event), w.now(t)) })
	}
	eventually(t, 10*time.Second, "the rest expires", func() bool {
		for _, status := range early.now(t) {
			if status == "HELD" {
				return false
			}
		}
		return true
	})
	require.Equal(t, p.seatStatus(event), early.now(t))
	eventually(t, 2*time.Second, "both watchers agree", func() bool { return maps.Equal(early.now(t), late.now(t)) })
}
