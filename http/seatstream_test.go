package http

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// change makes a newer view of an event: its seats, more of them if row A is to
// be longer, with the status of one changed.
func (f *fakes) change(id eventra.ID, seats int, no eventra.SeatNo, status eventra.SeatStatus) *eventra.SeatsView {
	f.mu.Lock()
	defer f.mu.Unlock()
	view := &eventra.SeatsView{EventID: id, Version: 1}
	var house []eventra.Seat
	for n := range seats {
		house = append(house, eventra.Seat{Section: "A", Row: "1", Number: n + 1, Price: eventra.Money{Amount: 1, Currency: "EUR"}})
	}
	view.Layout = eventra.NewLayout(house)
	view.Status, view.Changed = make([]eventra.SeatStatus, seats), make([]uint64, seats)
	if before := f.views[id]; before != nil {
		view.Version = before.Version + 1
		copy(view.Status, before.Status)
		copy(view.Changed, before.Changed)
	}
	view.Status[no], view.Changed[no] = status, view.Version
	f.views[id] = view
	return view
}

// said is one server-sent event.
type said struct {
	event, id string
	seats     map[string]string // what it says of each
}

// watching is a client of a stream.
type watching struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Reader
}

func (w *world) watch(event, lastID string) *watching {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	w.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", w.url+"/api/v1/events/"+event+"/seats/stream", nil)
	require.NoError(w.t, err)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(w.t, 200, resp.StatusCode)
	require.Equal(w.t, "text/event-stream", resp.Header.Get("Content-Type"))
	require.Equal(w.t, "no-store", resp.Header.Get("Cache-Control"))
	return &watching{w.t, resp, bufio.NewReader(resp.Body)}
}

func (w *watching) next() said {
	w.t.Helper()
	var s said
	for {
		line, err := w.lines.ReadString('\n')
		require.NoError(w.t, err)
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			s.event = value
		case "id":
			s.id = value
		case "data":
			s.seats = seatsSaid(w.t, s.event, value)
		case "":
			return s
		}
	}
}

func seatsSaid(t *testing.T, event, data string) map[string]string {
	seats := map[string]string{}
	if event == "snapshot" {
		var m SeatMap
		require.NoError(t, json.Unmarshal([]byte(data), &m))
		for _, seat := range m.Seats {
			seats[seat.Seat] = seat.Status
		}
		return seats
	}
	var delta struct {
		Version uint64
		Changes []struct{ Seat, Status string }
	}
	require.NoError(t, json.Unmarshal([]byte(data), &delta))
	for _, change := range delta.Changes {
		seats[change.Seat] = change.Status
	}
	return seats
}

func TestWatchingSeats(t *testing.T) {
	w := newWorld(t)
	id, err := eventra.ParseID(w.published)
	require.NoError(t, err)
	w.fakes.change(id, 2, 0, eventra.SeatHeld)

	all := w.watch(w.published, "")
	require.Equal(t, said{"snapshot", "1", map[string]string{"A-1-1": "HELD", "A-1-2": "AVAILABLE"}}, all.next())
	w.fakes.change(id, 2, 1, eventra.SeatBooked)
	require.Equal(t, said{"delta", "2", map[string]string{"A-1-2": "BOOKED"}}, all.next())
	w.fakes.change(id, 2, 0, eventra.SeatAvailable)
	require.Equal(t, said{"delta", "3", map[string]string{"A-1-1": "AVAILABLE"}}, all.next())

	again := w.watch(w.published, "1")
	require.Equal(t, said{"delta", "3", map[string]string{"A-1-1": "AVAILABLE", "A-1-2": "BOOKED"}}, again.next(), "from what it knows")
	for _, unknown := range []string{"99", "x", "-1"} {
		require.Equal(t, "snapshot", w.watch(w.published, unknown).next().event)
	}
	upToDate := w.watch(w.published, "3")

	w.fakes.change(id, 3, 2, eventra.SeatHeld)
	more := said{"snapshot", "4", map[string]string{"A-1-1": "AVAILABLE", "A-1-2": "BOOKED", "A-1-3": "HELD"}}
	for _, watcher := range []*watching{all, again, upToDate} {
		require.Equal(t, more, watcher.next(), "seats were added")
	}

	w.fakes.fail(eventra.Errorf(eventra.CodeEventNotFound, "deleted"))
	rest, err := io.ReadAll(all.lines)
	require.NoError(t, err, "an event that is deleted ends its streams in good order")
	require.Empty(t, rest)
}

func TestWhoMayWatch(t *testing.T) {
	w := newWorld(t)
	w.problem(w.send("GET", "/api/v1/events/"+w.draft+"/seats/stream", "", ""), 404, eventra.CodeEventNotFound)
	w.problem(w.send("GET", "/api/v1/events/x/seats/stream", "", ""), 404, eventra.CodeEventNotFound)
	head, err := http.Head(w.url + "/api/v1/events/" + w.published + "/seats/stream")
	require.NoError(t, err)
	defer func() { _ = head.Body.Close() }()
	require.Equal(t, 200, head.StatusCode)
	require.Eventually(t, func() bool { return w.server.streams.open() == 0 }, 5*time.Second, time.Millisecond, "who asks for headers does not watch")
}

// Nobody waits for streams to end by themselves: they never would.
func TestShutdownEndsStreams(t *testing.T) {
	w := newWorld(t)
	stream := w.watch(w.published, "")
	require.Equal(t, "snapshot", stream.next().event)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, w.server.Shutdown(ctx))
	_, err := io.ReadAll(stream.lines)
	require.NoError(t, err)
	_, err = w.server.streams.watch(&eventra.SeatsView{}, nothingKnown)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
}

func (s *seatStreams) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watchers
}

// bubble runs a test of streams alone, in which time passes at once.
func bubble(t *testing.T, test func(t *testing.T, f *fakes, s *seatStreams)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFakes()
		s, err := newSeatStreams(f, prometheus.NewRegistry())
		require.NoError(t, err)
		test(t, f, s)
		require.Empty(t, s.events)
		require.Zero(t, s.open())
	})
}

func read(t *testing.T, w *seatWatcher) string {
	b := make([]byte, 1<<10)
	n, err := w.Read(b)
	require.NoError(t, err)
	return string(b[:n])
}

func TestAStreamWithoutChangesIsAlive(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 1, 0, eventra.SeatHeld)
		w, err := s.watch(view, nothingKnown)
		require.NoError(t, err)
		start := time.Now()
		require.Contains(t, read(t, w), "snapshot")
		require.Zero(t, time.Since(start))
		for beat := range 3 {
			require.Equal(t, ":\n\n", read(t, w))
			require.Equal(t, time.Duration(beat+1)*streamHeartbeat, time.Since(start))
		}
		f.change(view.EventID, 1, 0, eventra.SeatBooked)
		require.Contains(t, read(t, w), "delta")
		require.LessOrEqual(t, time.Since(start)-3*streamHeartbeat, streamPeriod)
		require.NoError(t, w.Close())
		require.NoError(t, w.Close(), "closing again is harmless")
	})
}

func TestWhoReadsSlowlyMissesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		id := newID()
		view := f.change(id, 2, 0, eventra.SeatHeld)
		slow, err := s.watch(view, known(view))
		require.NoError(t, err)
		quick, err := s.watch(view, known(view))
		require.NoError(t, err)
		f.change(id, 2, 0, eventra.SeatAvailable)
		require.Contains(t, read(t, quick), `[{"seat":"A-1-1","status":"AVAILABLE"}]`)
		f.change(id, 2, 1, eventra.SeatHeld)
		require.Contains(t, read(t, quick), `[{"seat":"A-1-2","status":"HELD"}]`)
		require.Contains(t, read(t, slow), `[{"seat":"A-1-1","status":"AVAILABLE"},{"seat":"A-1-2","status":"HELD"}]`)
		for _, w := range []*seatWatcher{slow, quick} {
			require.NoError(t, w.Close())
		}
	})
}

// Else 10,000 slow readers would keep 10,000 maps in memory.
func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		w, err := s.watch(f.change(newID(), 1, 0, eventra.SeatHeld), nothingKnown)
		require.NoError(t, err)
		n, err := w.Read(make([]byte, 1))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		time.Sleep(streamFrameMax + time.Second)
		_, err = w.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, w.Close())
	})
}

func TestALongDeltaIsASnapshot(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		const seats = 2*deltaSeatsMin + 2
		view := f.change(newID(), seats, 0, eventra.SeatHeld)
		for _, c := range []struct {
			changes int
			event   string
		}{{deltaSeatsMin + 1, "event: delta"}, {deltaSeatsMin + 2, "event: snapshot"}} {
			w, err := s.watch(view, known(view))
			require.NoError(t, err)
			newer := *view
			newer.Version, newer.Changed = view.Version+uint64(c.changes), make([]uint64, seats)
			for no := range c.changes {
				newer.Changed[no] = view.Version + 1
			}
			f.mu.Lock()
			f.views[view.EventID] = &newer
			f.mu.Unlock()
			require.Contains(t, read(t, w), c.event)
			require.NoError(t, w.Close())
		}
	})
}

func TestAHouseWithoutSeatsIsShown(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		w, err := s.watch(&eventra.SeatsView{EventID: newID(), Layout: eventra.NewLayout(nil)}, nothingKnown)
		require.NoError(t, err)
		require.Contains(t, read(t, w), `"seats":[]`)
		require.NoError(t, w.Close())
	})
}

func TestWhatAnIsolatedInstanceKnewIsNoChange(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 1, 0, eventra.SeatHeld)
		w, err := s.watch(view, known(view))
		require.NoError(t, err)
		f.mu.Lock()
		f.cutOff = true
		f.mu.Unlock()
		f.change(view.EventID, 1, 0, eventra.SeatBooked)
		require.Equal(t, ":\n\n", read(t, w))
		require.NoError(t, w.Close())
	})
}

func TestStreamsAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 1, 0, eventra.SeatHeld)
		watchers := make([]*seatWatcher, streamWatchersMax)
		for i := range watchers {
			var err error
			watchers[i], err = s.watch(view, known(view))
			require.NoError(t, err)
		}
		_, err := s.watch(view, known(view))
		require.Equal(t, eventra.CodeOverloaded, eventra.CodeOf(err))
		for _, w := range watchers {
			require.NoError(t, w.Close())
		}
	})
}
