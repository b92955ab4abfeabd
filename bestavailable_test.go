package eventra_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func TestSeatMap_BestAvailable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		seats    []eventra.Seat
		taken    string // by a committed hold
		claimed  string // by a hold in flight
		quantity int
		section  string
		want     string // seats, or an outcome
	}{
		{"centre of an empty row", row("A", "1", numbers(1, 7)...), "", "", 3, "", "A-1-3 A-1-4 A-1-5"},
		{"centre of an even row goes left", row("A", "1", numbers(1, 6)...), "", "", 1, "", "A-1-3"},
		{"whole row", row("A", "1", numbers(1, 4)...), "", "", 4, "", "A-1-1 A-1-2 A-1-3 A-1-4"},
		{"front row first", rows("A", 3, 5), "", "", 5, "", "A-1-1 A-1-2 A-1-3 A-1-4 A-1-5"},
		{"next row when the front is full", rows("A", 3, 5), "A-1-3", "", 5, "", "A-2-1 A-2-2 A-2-3 A-2-4 A-2-5"},
		{"centre of the second row beats the front's edge", rows("A", 2, 9), "A-1-3 A-1-4 A-1-5 A-1-6 A-1-7", "", 2, "", "A-2-4 A-2-5"},
		{"front row next to the centre beats the second row", rows("A", 2, 9), "A-1-5 A-1-6", "", 2, "", "A-1-3 A-1-4"},
		{"an orphan that cannot be avoided", row("A", "1", numbers(1, 5)...), "", "", 4, "", "A-1-1 A-1-2 A-1-3 A-1-4"},
		{"edge rather than orphans on both sides", row("A", "1", numbers(1, 5)...), "", "", 3, "", "A-1-1 A-1-2 A-1-3"},
		{"no orphan next to a taken seat", row("A", "1", numbers(1, 9)...), "A-1-5", "", 2, "", "A-1-3 A-1-4"},
		{"row behind has no orphan", append(row("A", "1", 1, 2, 3), row("A", "2", 1, 2)...), "", "", 2, "", "A-2-1 A-2-2"},
		{"one seat fills a hole", row("A", "1", numbers(1, 4)...), "A-1-2", "", 1, "", "A-1-1"},
		{"seats side by side, whatever their numbers", row("A", "1", 7, 5, 3, 1, 2, 4, 6, 8), "", "", 2, "", "A-1-1 A-1-2"},
		{"never those with the next number on the other side", row("A", "1", 7, 5, 3, 1, 2, 4, 6, 8), "A-1-1 A-1-2", "", 3, "", "A-1-7 A-1-5 A-1-3"},
		{"odd numbers", row("A", "1", 1, 3, 5, 7, 9), "A-1-1", "", 4, "", "A-1-3 A-1-5 A-1-7 A-1-9"},
		{"from right to left", row("A", "1", 6, 5, 4, 3, 2, 1), "", "", 2, "", "A-1-4 A-1-3"},
		{"orphans by place", row("A", "1", 3, 1, 2, 4, 6), "A-1-3", "", 3, "", "A-1-1 A-1-2 A-1-4"},
		{"numbers from anywhere", row("A", "1", 12, 10, 11), "", "", 3, "", "A-1-12 A-1-10 A-1-11"},
		{"a row that got seats later", slices.Concat(row("A", "1", 2, 3), row("A", "2", 1), row("A", "1", 4, 1)), "", "", 4, "", "A-1-2 A-1-3 A-1-4 A-1-1"},
		{"never across rows", rows("A", 2, 2), "", "", 3, "", "refuse not_enough_seats"},
		{"the section asked for", append(rows("A", 1, 4), rows("B", 1, 4)...), "", "", 2, "B", "B-1-1 B-1-2"},
		{"every section has its front", append(rows("A", 2, 4), rows("B", 2, 4)...), "A-1-2", "", 4, "", "B-1-1 B-1-2 B-1-3 B-1-4"},
		{"a section that is sold", append(rows("A", 1, 2), rows("B", 1, 2)...), "A-1-1 A-1-2", "", 1, "A", "refuse not_enough_seats"},
		{"unknown section", rows("A", 1, 2), "", "", 1, "Z", "refuse validation_failed"},
		{"none asked for", rows("A", 1, 2), "", "", 0, "", "refuse validation_failed"},
		{"fewer than none", rows("A", 1, 2), "", "", -1, "", "refuse validation_failed"},
		{"too many", rows("A", 1, 9), "", "", 7, "", "refuse validation_failed"},
		{"event without seats", nil, "", "", 1, "", "refuse not_enough_seats"},
		{"avoids claimed seats", rows("A", 1, 6), "", "A-1-3", 2, "", "A-1-1 A-1-2"},
		{"waits if only claims are in the way", rows("A", 1, 3), "", "A-1-2", 2, "", "wait"},
		{"refuses if there are no seats even without the claim", rows("A", 1, 3), "A-1-2", "A-1-1", 2, "", "refuse not_enough_seats"},
		{"ignores claims in other sections", append(rows("A", 1, 2), rows("B", 1, 2)...), "A-1-1", "B-1-1", 2, "A", "refuse not_enough_seats"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, testTerms(), test.seats)
			if test.taken != "" {
				f.do(t, hold("taken", "u9", strings.Fields(test.taken)...))
			}
			if test.claimed != "" {
				f.decide(hold("claimed", "u8", strings.Fields(test.claimed)...))
			}
			d := f.decide(best("b1", test.quantity, test.section))
			got := outcome(d)
			if d.Verdict == eventra.Accept && test.want != got {
				got = strings.Join(d.Change.Booking.SeatNames(), " ")
			}
			require.Equal(t, test.want, got, "%v", d.Err)
			require.NoError(t, f.CheckInvariants())
		})
	}
}

// rows makes a block of rows from the front.
func rows(section string, count, seatsPerRow int) (seats []eventra.Seat) {
	for r := range count {
		seats = append(seats, row(section, string(rune('1'+r)), numbers(1, seatsPerRow)...)...)
	}
	return seats
}

// Requests for pairs, one after the other, fill rows of an even number of seats
// completely, whether or not the requests before have been committed.
func TestSeatMap_BestAvailable_PairsFillEveryRow(t *testing.T) {
	t.Parallel()
	for _, committed := range []bool{true, false} {
		f := newFixture(t, testTerms(), rows("A", 5, 6))
		var taken []string
		for i := range 15 {
			d := f.decide(best("b"+string(rune('A'+i)), 2, ""))
			require.Equal(t, eventra.Accept, d.Verdict, "pair %d: %v", i, d.Err)
			taken = append(taken, d.Change.Booking.SeatNames()...)
			if committed {
				f.commit()
			}
		}
		slices.Sort(taken)
		require.Len(t, slices.Compact(taken), 30)
		want := "wait"
		if committed {
			want = "refuse not_enough_seats"
		}
		require.Equal(t, want, outcome(f.decide(best("last", 1, ""))))
	}
}
