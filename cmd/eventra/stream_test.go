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

	"github.com/stretchr/testify/assert"
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
			assert.Equal(t, 201, p.call("POST", "/bookings/"+a.text("id")+"/payments", token, object{"method": "mock", "token": "tok_ok"}).status)
		case 1:
			assert.Equal(t, 200, p.call("DELETE", "/bookings/"+a.text("id"), token, nil).status)
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

// lines follows a stream until the test ends, and returns what its client reads.
func (p *program) lines(path string, headers ...string) *bufio.Scanner {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	p.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", p.url+path, nil)
	require.NoError(p.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(p.t, 200, resp.StatusCode)
	require.True(p.t, resp.Uncompressed, "the stream comes packed, and is read as it comes")
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return lines
}

// until reads up to a line with that text, and returns the line.
func until(t *testing.T, lines *bufio.Scanner, text string) string {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return lines.Text()
		}
	}
	require.Fail(t, "the stream has ended", "before %q: %v", text, lines.Err())
	return ""
}

// A client that was away while seats were added gets the whole map, and every client is
// told that the event is cancelled.
func TestSeatStream_AddedSeatsAndCancellation(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 2, nil)
	path := "/api/v1/events/" + event + "/seats/stream"
	token, _ := p.user()
	require.Equal(t, 201, p.hold(token, event, "A-1-1").status)
	before := p.must(200, "GET", "/events/"+event+"/seats", "", nil).body["version"]
	p.must(201, "POST", "/events/"+event+"/seats", p.admin, object{"seats": []object{
		{"section": "B", "row": "1", "number": 1, "price": object{"amount": 100, "currency": "EUR"}}}})
	require.Equal(t, 201, p.hold(token, event, "B-1-1").status)

	changes := p.must(200, "GET", fmt.Sprintf("/events/%s/seats?since=%v", event, before), "", nil).body["seats"]
	require.Len(t, changes, 1, "the changes name new seats, with all that is known of them")
	for _, lines := range []*bufio.Scanner{
		p.lines(path + fmt.Sprintf("?since=%v", before)),
		p.lines(path, "Last-Event-ID", fmt.Sprint(before)),
		p.lines(path, "Last-Event-ID", "1000000"),
	} {
		until(t, lines, "retry: ")
		require.Equal(t, "event: snapshot", until(t, lines, "event: "))
		require.Contains(t, until(t, lines, "data: "), `"B-1-1"`)
	}
	now := p.must(200, "GET", "/events/"+event+"/seats", "", nil).body["version"]
	lines := p.lines(path + fmt.Sprintf("?since=%v", now))
	require.Equal(t, 201, p.hold(token, event, "A-1-2").status)
	require.Equal(t, "event: delta", until(t, lines, "event: "))
	p.must(200, "POST", "/events/"+event+"/cancel", p.admin, nil)
	until(t, lines, "event: sale")
	require.Contains(t, until(t, lines, "data: "), `{"state":"CANCELLED"}`)
}

// The stream of an event that is deleted ends, and reads of it are 404 at once, also where
// the documents have it and the sale does not.
func TestSeatStream_DeletedEvent(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 2, nil)
	lines := p.lines("/api/v1/events/" + event + "/seats/stream")
	until(t, lines, "event: snapshot")
	p.must(204, "DELETE", "/events/"+event, p.admin, nil)
	for lines.Scan() {
	}
	require.NoError(t, lines.Err(), "it ends in good order")

	lost := p.event(1, 2, nil)
	p.must(200, "GET", "/events/"+lost+"/seats", "", nil)
	other := p.event(1, 2, nil) // no instance has read it
	p.exec(`DELETE FROM events WHERE id = $1 OR id = $2`, lost, other)
	for _, path := range []string{"/seats", "/availability", "/seats/stream", "/seats?since=1"} {
		begun := time.Now()
		p.must(404, "GET", "/events/"+other+path, "", nil)
		require.Less(t, time.Since(begun), 5*time.Second)
	}
}
