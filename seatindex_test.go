package eventra

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSeatIndex_FindsWhatAMapFinds compares the index with a map of the names.
func TestSeatIndex_FindsWhatAMapFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.SampledFrom([]string{"A", "B", "A.1", "Parkett", "Caf\u00e9", "Cafe\u0301", "Ранг"})
		model := map[string]SeatNo{}
		var seats []Seat
		for range rapid.IntRange(0, 60).Draw(t, "seats") {
			seat := Seat{Section: label.Draw(t, "section"), Row: label.Draw(t, "row"), Number: rapid.IntRange(1, 20).Draw(t, "number")}
			if _, twice := model[CanonicalName(seat.Name())]; !twice {
				model[CanonicalName(seat.Name())] = SeatNo(len(seats))
				seats = append(seats, seat)
			}
		}
		index := newSeatIndex(seats)
		for name, want := range model {
			no, found := index.find(seats, name)
			require.True(t, found, name)
			require.Equal(t, want, no)
		}
		other := fmt.Sprint(label.Draw(t, "section"), "-", label.Draw(t, "row"), "-", rapid.IntRange(1, 25).Draw(t, "number"))
		_, want := model[CanonicalName(other)]
		_, found := index.find(seats, CanonicalName(other))
		require.Equal(t, want, found)
	})
}

// TestSeatIndex_FindAllocatesNothing guards the path of each hold.
func TestSeatIndex_FindAllocatesNothing(t *testing.T) {
	seats := []Seat{{Section: "A", Row: "12", Number: 34}}
	index := newSeatIndex(seats)
	require.Zero(t, testing.AllocsPerRun(100, func() { index.find(seats, "A-12-34") }))
}
