package http

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// change makes a newer view of an event, with that many seats, in which one seat has
// changed its status.
func (f *fakes) change(id eventra.ID, seats int, no eventra.SeatNo, status eventra.SeatStatus) *eventra.SeatsView {
	f.mu.Lock()
	defer f.mu.Unlock()
	view := &eventra.SeatsView{EventID: id, Version: 1}
	var layout []eventra.Seat
	for n := range seats {
		layout = append(layout, eventra.Seat{Section: "A", Row: "1", Number: n + 1, Price: eventra.Money{Amount: 1, Currency: "EUR"}})
	}
	view.Layout = eventra.NewLayout(layout)
	view.Status, view.Changed = make([]eventra.SeatStatus, seats), make([]uint64, seats)
	if f.events[id] == nil {
		ends := time.Now().Add(24 * time.Hour)
		f.events[id] = &eventra.Event{ID: id, EndsAt: ends, Terms: eventra.Terms{Status: eventra.EventPublished}}
	}
	view.LayoutVersion = 1
	if before := f.views[id]; before != nil {
		view.Version = before.Version + 1
		copy(view.Status, before.Status)
		copy(view.Changed, before.Changed)
		if view.LayoutVersion = before.LayoutVersion; seats > len(before.Status) {
			view.LayoutVersion = view.Version
		}
	}
	view.Status[no], view.Changed[no] = status, view.Version
	f.views[id] = view
	return view
}

func TestSeatStream_SnapshotAndDeltas(t *testing.T) {
	ts := newTestServer(t)
	id, err := eventra.ParseID(ts.published)
	require.NoError(t, err)
	ts.fakes.change(id, 2, 0, eventra.SeatHeld)

	all := ts.watch(ts.published, "")
	require.Equal(t, streamEvent{"snapshot", "1", map[string]string{"A-1-1": "HELD", "A-1-2": "AVAILABLE"}}, all.next())
	ts.fakes.change(id, 2, 1, eventra.SeatBooked)
	require.Equal(t, streamEvent{"delta", "2", map[string]string{"A-1-2": "BOOKED"}}, all.next())
	ts.fakes.change(id, 2, 0, eventra.SeatAvailable)
	require.Equal(t, streamEvent{"delta", "3", map[string]string{"A-1-1": "AVAILABLE"}}, all.next())

	again := ts.watch(ts.published, "1")
	require.Equal(t, streamEvent{"delta", "3", map[string]string{"A-1-1": "AVAILABLE", "A-1-2": "BOOKED"}}, again.next(), "the delta since the version that the client has")
	for _, unknown := range []string{"99", "x", "-1"} {
		require.Equal(t, "snapshot", ts.watch(ts.published, unknown).next().event)
	}
	upToDate := ts.watch(ts.published, "3")

	ts.fakes.change(id, 3, 2, eventra.SeatHeld)
	more := streamEvent{"snapshot", "4", map[string]string{"A-1-1": "AVAILABLE", "A-1-2": "BOOKED", "A-1-3": "HELD"}}
	for _, watcher := range []*streamClient{all, again, upToDate} {
		require.Equal(t, more, watcher.next(), "seats were added")
	}

	ts.fakes.fail(eventra.Errorf(eventra.CodeEventNotFound, "deleted"))
	rest, err := io.ReadAll(all.lines)
	require.NoError(t, err, "deleting an event ends its streams without an error")
	require.Empty(t, rest)
}

func TestSeatStream_Access(t *testing.T) {
	ts := newTestServer(t)
	ts.problem(ts.send("GET", "/api/v1/events/"+ts.draft+"/seats/stream", "", ""), 404, eventra.CodeEventNotFound)
	ts.problem(ts.send("GET", "/api/v1/events/x/seats/stream", "", ""), 404, eventra.CodeEventNotFound)
	head, err := http.Head(ts.url + "/api/v1/events/" + ts.published + "/seats/stream")
	require.NoError(t, err)
	defer func() { _ = head.Body.Close() }()
	require.Equal(t, 200, head.StatusCode)
	require.Eventually(t, func() bool { return ts.server.streams.count() == 0 }, 5*time.Second, time.Millisecond, "a request for the headers alone is no watcher")
}

// A shutdown ends streams, which never end by themselves.
func TestSeatStream_EndsAtShutdown(t *testing.T) {
	ts := newTestServer(t)
	stream := ts.watch(ts.published, "")
	require.Equal(t, "snapshot", stream.next().event)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, ts.server.Shutdown(ctx))
	_, err := io.ReadAll(stream.lines)
	require.NoError(t, err)
	_, err = ts.server.streams.watch(&eventra.SeatsView{}, &eventra.Event{}, false, nil)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
}

func (s *seatStreams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watchers
}

// bubble runs a test of streams without a server, in fake time.
func bubble(t *testing.T, test func(t *testing.T, f *fakes, s *seatStreams)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFakes()
		s, err := newSeatStreams(f, f, prometheus.NewRegistry())
		require.NoError(t, err)
		defer s.close()
		test(t, f, s)
		s.close()
		require.NoError(t, s.wait(t.Context()))
		require.Empty(t, s.events)
		require.Zero(t, s.count())
		require.Zero(t, s.budget.bytes.Load())
	})
}

// watch watches an event, which exists, and reads the beginning of the stream.
func (f *fakes) watch(s *seatStreams, view *eventra.SeatsView, since *uint64) (*fakeClient, error) {
	event := &eventra.Event{ID: view.EventID, EndsAt: time.Now().Add(24 * time.Hour), Terms: eventra.Terms{Status: eventra.EventPublished}}
	f.mu.Lock()
	if f.events[view.EventID] == nil {
		f.events[view.EventID] = event
	}
	event = f.events[view.EventID]
	f.mu.Unlock()
	w, err := s.watch(view, event, false, since)
	if err != nil {
		return nil, err
	}
	client := newFakeClient()
	s.open(w, client, []byte("headers\n"))
	client.line()
	client.line()
	return client, nil
}

func TestSeatStream_SendsHeartbeats(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 1, 0, eventra.SeatHeld)
		w, err := f.watch(s, view, nil)
		require.NoError(t, err)
		start := time.Now()
		require.Contains(t, w.event(), "snapshot")
		require.Zero(t, time.Since(start))
		for beat := range 3 {
			require.Equal(t, ":\n\n", w.event())
			require.Equal(t, time.Duration(beat+1)*streamHeartbeat, time.Since(start))
		}
		f.change(view.EventID, 1, 0, eventra.SeatBooked)
		require.Contains(t, w.event(), "delta")
		require.LessOrEqual(t, time.Since(start)-3*streamHeartbeat, streamPeriod)
	})
}

func TestSeatStream_LosesNothingForASlowReader(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		id := newID()
		view := f.change(id, 3, 0, eventra.SeatHeld)
		slow, err := f.watch(s, view, &view.Version)
		require.NoError(t, err)
		quick, err := f.watch(s, view, &view.Version)
		require.NoError(t, err)
		slow.takes(10)
		for no, seat := range []string{"A-1-1", "A-1-2", "A-1-3"} {
			f.change(id, 3, eventra.SeatNo(no), eventra.SeatBooked)
			require.Contains(t, quick.event(), `[{"seat":"`+seat+`","status":"BOOKED"}]`)
		}
		slow.takes(-1)
		require.Contains(t, slow.event(), `[{"seat":"A-1-1","status":"BOOKED"}]`, "what it was being sent")
		require.Contains(t, slow.event(), `[{"seat":"A-1-2","status":"BOOKED"},{"seat":"A-1-3","status":"BOOKED"}]`)
	})
}

func TestSeatStream_CountsOutClientsThatHaveGone(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 1, 0, eventra.SeatHeld)
		gone, err := f.watch(s, view, &view.Version)
		require.NoError(t, err)
		gone.leaves()
		left := time.Now()
		gone.until("no such text") // up to the end
		synctest.Wait()
		require.LessOrEqual(t, time.Since(left), streamLookPeriod, "long before a heartbeat")
		require.Zero(t, s.count())
		require.NoError(t, s.wait(t.Context()), "nothing is left of an event that nobody watches")
		again, err := f.watch(s, view, &view.Version)
		require.NoError(t, err)
		require.Equal(t, ":\n\n", again.event())
	})
}

// Otherwise 10,000 stalled readers would keep 10,000 maps in memory.
func TestSeatStream_EndsForAStalledReader(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 3, 0, eventra.SeatHeld)
		stalled, err := f.watch(s, view, &view.Version)
		require.NoError(t, err)
		slow, err := f.watch(s, view, &view.Version)
		require.NoError(t, err)
		stalled.takes(1)
		slow.takes(1)
		begun := time.Now()
		for no := range eventra.SeatNo(3) { // more bytes than there are seconds in streamFrameMax
			f.change(view.EventID, 3, no, eventra.SeatBooked)
		}
		stalledFor := func(client *fakeClient) time.Duration {
			for !client.isClosed() {
				time.Sleep(time.Second) //nolint:forbidigo // fake time
				slow.takes(1)
			}
			return time.Since(begun)
		}
		require.InDelta(t, writeTimeout, stalledFor(stalled), float64(2*time.Second))
		require.InDelta(t, streamFrameMax, stalledFor(slow), float64(2*time.Second))
	})
}

func TestSeatStream_ReplacesALongDelta(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		const seats = 2*deltaSeatsMin + 2
		for _, c := range []struct {
			changes int
			event   string
		}{{deltaSeatsMin + 1, "event: delta"}, {deltaSeatsMin + 2, "event: snapshot"}} {
			view := f.change(newID(), seats, 0, eventra.SeatHeld)
			w, err := f.watch(s, view, &view.Version)
			require.NoError(t, err)
			newer := *view
			newer.Version, newer.Changed = view.Version+uint64(c.changes), make([]uint64, seats)
			for no := range c.changes {
				newer.Changed[no] = view.Version + 1
			}
			f.mu.Lock()
			f.views[view.EventID] = &newer
			f.mu.Unlock()
			require.Contains(t, w.event(), c.event)
		}
	})
}

func TestSeatStream_EventWithoutSeats(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		w, err := f.watch(s, &eventra.SeatsView{EventID: newID(), Layout: eventra.NewLayout(nil)}, nil)
		require.NoError(t, err)
		require.Contains(t, w.event(), `"seats":[]`)
	})
}

func TestSeatStream_IgnoresStaleViews(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 1, 0, eventra.SeatHeld)
		w, err := f.watch(s, view, &view.Version)
		require.NoError(t, err)
		f.mu.Lock()
		f.cutOff = true
		f.mu.Unlock()
		f.change(view.EventID, 1, 0, eventra.SeatBooked)
		require.Equal(t, ":\n\n", w.event())
	})
}

func TestSeatStream_IsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, f *fakes, s *seatStreams) {
		view := f.change(newID(), 1, 0, eventra.SeatHeld)
		for range streamWatchersMax {
			_, err := f.watch(s, view, &view.Version)
			require.NoError(t, err)
		}
		_, err := f.watch(s, view, &view.Version)
		require.Equal(t, eventra.CodeOverloaded, eventra.CodeOf(err))
	})
}
