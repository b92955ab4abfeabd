package http

import (
	"bufio"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// open opens a stream and returns its lines, decoded. The client decodes nothing.
func (ts *testServer) open(path string, headers ...string) (*http.Response, *bufio.Reader) {
	ts.t.Helper()
	req, err := http.NewRequestWithContext(ts.t.Context(), "GET", ts.url+path, nil)
	require.NoError(ts.t, err)
	req.Header.Set("Accept-Encoding", "identity")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(ts.t, err)
	ts.t.Cleanup(func() { _ = resp.Body.Close() })
	var text io.Reader = resp.Body
	if resp.Header.Get("Content-Encoding") == "gzip" {
		text, err = gzip.NewReader(resp.Body)
		require.NoError(ts.t, err)
	}
	return resp, bufio.NewReader(text)
}

// block reads lines up to an empty one.
func block(t *testing.T, lines *bufio.Reader) string {
	t.Helper()
	var text strings.Builder
	for {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		if line == "\n" {
			return text.String()
		}
		text.WriteString(line)
	}
}

// EventSource can set no header, so its first version comes with the address; when it
// connects again, it sends the same address and the version that it has by then.
func TestSeatStream_ResumesFromAVersion(t *testing.T) {
	ts := newTestServer(t)
	id, err := eventra.ParseID(ts.published)
	require.NoError(t, err)
	for n := range 3 {
		ts.fakes.change(id, 2, eventra.SeatNo(n%2), eventra.SeatHeld)
	}
	path := "/api/v1/events/" + ts.published + "/seats/stream"
	first := func(query string, headers ...string) string {
		t.Helper()
		resp, lines := ts.open(path+query, headers...)
		require.Equal(t, 200, resp.StatusCode, query)
		text := block(t, lines)
		require.True(t, strings.HasPrefix(text, "retry: 2000\nevent: "), text)
		require.Contains(t, text, "\nid: 3\n")
		return text
	}
	for _, c := range []struct{ query, header, event, changes string }{
		{"", "", "snapshot", ""},
		{"?since=2", "", "delta", `[{"seat":"A-1-1","status":"HELD"}]`},
		{"?since=1", "2", "delta", `[{"seat":"A-1-1","status":"HELD"}]`},
		{"?since=2", "no version", "delta", `[{"seat":"A-1-1","status":"HELD"}]`},
		{"?since=0", "", "snapshot", ""}, // from before there were seats
		{"?since=4", "", "snapshot", ""},
		{"?since=18446744073709551615", "", "snapshot", ""},
		{"", "4", "snapshot", ""},
		{"?since=2", "99", "snapshot", ""},
	} {
		text := first(c.query, "Last-Event-ID: "+c.header)
		require.Contains(t, text, "event: "+c.event+"\n", "%+v", c)
		require.Contains(t, text, c.changes)
	}
	for _, bad := range []string{"", "x", "-1", "1.5", "18446744073709551616"} {
		ts.problem(ts.send("GET", path+"?since="+bad, "", ""), 422, eventra.CodeValidationFailed)
	}

	_, current := ts.open(path)
	block(t, current)
	ts.fakes.change(id, 3, 2, eventra.SeatHeld) // seats are added, at version 4
	ts.fakes.change(id, 3, 0, eventra.SeatBooked)
	for !strings.Contains(block(t, current), "id: 5\n") { // newcomers begin with what the others have
	}
	for _, before := range []string{"0", "1", "3"} {
		_, lines := ts.open(path, "Last-Event-ID: "+before)
		text := block(t, lines)
		require.Contains(t, text, "event: snapshot\n", "a client that does not know all seats")
		require.Contains(t, text, "A-1-3")
	}
	_, lines := ts.open(path, "Last-Event-ID: 4")
	require.Contains(t, block(t, lines), "event: delta\n")
}

func TestSeatStream_IsCompressedOnRequest(t *testing.T) {
	ts := newTestServer(t)
	id, err := eventra.ParseID(ts.published)
	require.NoError(t, err)
	ts.fakes.change(id, 500, 0, eventra.SeatHeld)
	path := "/api/v1/events/" + ts.published + "/seats/stream"
	for accept, coding := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "gzip", "*": "gzip", "br": "", "identity": "", "gzip;q=0": ""} {
		resp, lines := ts.open(path, "Accept-Encoding: "+accept)
		require.Equal(t, coding, resp.Header.Get("Content-Encoding"), accept)
		require.Equal(t, "no", resp.Header.Get("X-Accel-Buffering"))
		require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
		require.Contains(t, strings.Join(resp.Header.Values("Vary"), ","), "Accept-Encoding")
		require.Contains(t, block(t, lines), "A-1-500")
		ts.fakes.change(id, 500, 7, eventra.SeatBooked)
		require.Contains(t, block(t, lines), `{"seat":"A-1-8","status":"BOOKED"}`, "each change comes at once")
		require.NoError(t, resp.Body.Close())
		ts.fakes.change(id, 500, 7, eventra.SeatAvailable)
	}

	_, packed := ts.open(path, "Accept-Encoding: gzip")
	block(t, packed)
	ts.fakes.fail(eventra.Errorf(eventra.CodeEventNotFound, "deleted"))
	_, err = io.ReadAll(packed)
	require.NoError(t, err, "the checksum at the end is right")
}

// A large event's stream is compressed to a fraction.
func TestSeatStream_CompressedSnapshotIsSmall(t *testing.T) {
	t.Parallel()
	text := appendSnapshot(nil, seatView("PARKETT", "12", "EUR", 10_000))
	require.Less(t, len(newFrame(text, true).chunk), len(text)/8)
}

func TestSeatStream_TellsTheSalesEnd(t *testing.T) {
	ts := newTestServer(t)
	id, err := eventra.ParseID(ts.published)
	require.NoError(t, err)
	ts.fakes.change(id, 1, 0, eventra.SeatHeld)
	path := "/api/v1/events/" + ts.published + "/seats/stream"
	change := func(f func(*eventra.Event)) {
		ts.fakes.mu.Lock()
		defer ts.fakes.mu.Unlock()
		e := *ts.fakes.events[id]
		f(&e)
		ts.fakes.events[id] = &e
	}
	next := time.Now().Add(time.Hour)
	change(func(e *eventra.Event) { e.SaleStartsAt, e.SaleEndsAt, e.EndsAt = nil, nil, next })
	_, lines := ts.open(path)
	require.Contains(t, block(t, lines), "event: snapshot\n")
	tell := func(state string, f func(*eventra.Event)) {
		t.Helper()
		change(f)
		require.Equal(t, "event: sale\ndata: {\"state\":\""+state+"\"}\n", block(t, lines))
	}
	past := time.Now().Add(-time.Second)
	tell("UPCOMING", func(e *eventra.Event) { e.SaleStartsAt = &next })
	tell("OPEN", func(e *eventra.Event) { e.SaleStartsAt = nil })
	tell("ENDED", func(e *eventra.Event) { e.SaleEndsAt = &past })
	tell("CANCELLED", func(e *eventra.Event) { e.Status, e.EverPublished = eventra.EventCancelled, true })

	for _, query := range []string{"", "?since=1"} { // also a client that was away
		_, late := ts.open(path + query)
		text := block(t, late)
		if query == "" {
			require.Contains(t, text, "snapshot")
			text = block(t, late)
		}
		require.Contains(t, text, "event: sale\ndata: {\"state\":\"CANCELLED\"}\n", query)
	}
}

// A watched event whose store was restored goes back; its watchers get the map again.
func TestSeatStream_FollowsARestoredEvent(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		id := newID()
		old := f.change(id, 2, 0, eventra.SeatHeld)
		ahead := f.change(id, 2, 1, eventra.SeatHeld)
		w, err := f.watch(s, ahead, &ahead.Version)
		require.NoError(t, err)
		f.mu.Lock()
		f.views[id] = old
		f.mu.Unlock()
		begun := time.Now()
		got := w.event()
		require.Contains(t, got, "event: snapshot\nid: 1\n")
		require.LessOrEqual(t, time.Since(begun), (olderViewsMax+1)*streamPeriod)
		f.change(id, 2, 1, eventra.SeatBooked)
		require.Contains(t, w.event(), "event: delta\nid: 2\n")
	})
}

// Many clients that come while a large event changes share a snapshot, and follow from it.
func TestSeatStream_NewcomersShareASnapshot(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 3, 0, eventra.SeatHeld)
		first, err := f.watch(s, view, nil)
		require.NoError(t, err)
		require.Contains(t, first.event(), "event: snapshot\nid: 1\n")
		newer := f.change(view.EventID, 3, 1, eventra.SeatHeld)
		second, err := f.watch(s, newer, nil)
		require.NoError(t, err)
		require.Contains(t, second.event(), "event: snapshot\nid: 1\n")
		require.Contains(t, second.event(), "event: delta\nid: 2\n", "what it lacked comes at once")
		added := f.change(view.EventID, 4, 3, eventra.SeatHeld)
		third, err := f.watch(s, added, nil)
		require.NoError(t, err)
		require.Contains(t, third.event(), "event: snapshot\nid: 3\n", "of all seats")
	})
}
