package http

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// streamEvent is one server-sent event.
type streamEvent struct {
	event, id string
	seats     map[string]string // status by name
}

// streamClient reads a stream over the network.
type streamClient struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Reader
}

func (ts *testServer) watch(event, lastID string) *streamClient {
	ctx, cancel := context.WithTimeout(ts.t.Context(), 10*time.Second)
	ts.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", ts.url+"/api/v1/events/"+event+"/seats/stream", nil)
	require.NoError(ts.t, err)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(ts.t, err)
	ts.t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(ts.t, 200, resp.StatusCode)
	require.Equal(ts.t, "text/event-stream", resp.Header.Get("Content-Type"))
	require.Equal(ts.t, "no-store", resp.Header.Get("Cache-Control"))
	return &streamClient{ts.t, resp, bufio.NewReader(resp.Body)}
}

func (w *streamClient) next() streamEvent {
	w.t.Helper()
	var s streamEvent
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
			s.seats = parseSeats(w.t, s.event, value)
		case "":
			return s
		}
	}
}

func parseSeats(t *testing.T, event, data string) map[string]string {
	seats := map[string]string{}
	if event == "snapshot" {
		var m SeatsView
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
