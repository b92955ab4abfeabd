package eventra_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// A removed seat leaves a place: its neighbours keep their numbers, and stand side by side.
func TestSeatMap_RemovedSeats(t *testing.T) {
	t.Parallel()
	seats := slices.Concat(row("A", "1", 1, 2, 3), row("B", "1", 1))
	snapshot := empty(testTerms(), seats)
	for _, no := range []int{1, 3} {
		snapshot.Seats[no].Number, snapshot.States[no] = 0, eventra.StoredState{Status: eventra.SeatRemoved, Version: 5}
	}
	snapshot.LayoutVersion = 5
	m, err := eventra.NewSeatMap(snapshot)
	require.NoError(t, err)
	counts := m.Availability()
	require.Equal(t, "2: 2 available, 0 held, 0 booked", tally(counts.Total))
	require.Len(t, counts.Sections, 1)
	require.Equal(t, []eventra.SeatStatus{eventra.SeatAvailable, eventra.SeatRemoved, eventra.SeatAvailable, eventra.SeatRemoved}, m.View().Status)

	require.Equal(t, "refuse unknown_seats", outcome(m.Decide(hold("b1", "u1", "A-1-2"), opening)))
	require.Equal(t, "refuse unknown_seats", outcome(m.Decide(hold("b1", "u1", "A-1-0"), opening)))
	require.Equal(t, "refuse validation_failed", outcome(m.Decide(block("k1", "B"), opening)))
	d := m.Decide(best("b2", 2, ""), opening)
	require.Equal(t, []string{"A-1-1", "A-1-3"}, d.Change.Booking.SeatNames())
	m.Apply(d.Change, 6, opening)
	require.NoError(t, m.CheckInvariants())
	require.EqualValues(t, 6, m.View().Version)

	snapshot.Seats[1].Number = 2
	_, err = eventra.NewSeatMap(snapshot)
	require.Error(t, err, "its name may be another seat's by now")
}
