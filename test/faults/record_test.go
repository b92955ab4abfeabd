package main

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/ledger"
)

func TestRecord_IsJudgedAgainTheSame(t *testing.T) {
	folder := t.TempDir()
	hold := func(key string, ms int) client.Operation {
		start := time.Unix(1_700_000_000, 0).Add(time.Duration(ms) * time.Millisecond)
		return client.Operation{Kind: client.Hold, Event: "e", Buyer: "b", Key: key, Seats: []string{"A-1-1"}, BookedSeats: []string{"A-1-1"},
			Booking: key, Status: 201, Start: start, End: start.Add(time.Millisecond), Deadline: start.Add(5 * time.Second)}
	}
	stored := &ledger.Stored{Keys: map[string]string{}, Bookings: map[string]ledger.StoredBooking{
		"one": {Event: "e", Status: "HELD", Seats: []string{"A-1-1"}}, "two": {Event: "e", Status: "HELD", Seats: []string{"A-1-1"}}}}
	original := &record{Seed: 7, Stored: stored, Events: []recordedEvent{{Event: "e", Seats: []string{"A-1-1", "A-1-2"}, HoldFor: 5 * time.Second,
		Operations: []client.Operation{hold("one", 0), hold("two", 10)}}}}
	path := filepath.Join(folder, "faults-7.history")
	require.NoError(t, original.write(path))
	read, err := readRecord(path)
	require.NoError(t, err)

	for _, r := range []*record{original, read} {
		report := harness.NewReport(harness.Scenario{Name: "history"}, io.Discard)
		h := r.judge(report, folder)
		require.Equal(t, 1, h.violated)
		require.False(t, report.Passed())
		require.FileExists(t, filepath.Join(folder, "faults-7-1.html"))
	}
}
