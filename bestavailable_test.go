package eventra_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func TestBestAvailable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		house    []eventra.Seat
		taken    string // held and committed
		claimed  string // held in flight
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
		{"front row beside the centre beats the second row", rows("A", 2, 9), "A-1-5 A-1-6", "", 2, "", "A-1-3 A-1-4"},
		{"an orphan that cannot be avoided", row("A", "1", numbers(1, 5)...), "", "", 4, "", "A-1-1 A-1-2 A-1-3 A-1-4"},
		{"edge rather than orphans on both sides", row("A", "1", numbers(1, 5)...), "", "", 3, "", "A-1-1 A-1-2 A-1-3"},
		{"no orphan beside a taken seat", row("A", "1", numbers(1, 9)...), "A-1-5", "", 2, "", "A-1-3 A-1-4"},
		{"row behind has no orphan", append(row("A", "1", 1, 2, 3), row("A", "2", 1, 2)...), "", "", 2, "", "A-2-1 A-2-2"},
		{"one seat fills a hole", row("A", "1", numbers(1, 4)...), "A-1-2", "", 1, "", "A-1-1"},
		{"never across a gap", row("A", "1", 1, 2, 4, 5), "", "", 3, "", "refuse not_enough_seats"},
		{"a gap ends a run", row("A", "1", 1, 2, 3, 5, 6), "", "", 2, "", "A-1-5 A-1-6"},
		{"numbers from anywhere, added in any order", row("A", "1", 12, 10, 11), "", "", 3, "", "A-1-10 A-1-11 A-1-12"},
		{"never across rows", rows("A", 2, 2), "", "", 3, "", "refuse not_enough_seats"},
		{"the section asked for", append(rows("A", 1, 4), rows("B", 1, 4)...), "", "", 2, "B", "B-1-1 B-1-2"},
		{"every section has its front", append(rows("A", 2, 4), rows("B", 2, 4)...), "A-1-2", "", 4, "", "B-1-1 B-1-2 B-1-3 B-1-4"},
		{"a section that is sold", append(rows("A", 1, 2), rows("B", 1, 2)...), "A-1-1 A-1-2", "", 1, "A", "refuse not_enough_seats"},
		{"unknown section", rows("A", 1, 2), "", "", 1, "Z", "refuse validation_failed"},
		{"none asked for", rows("A", 1, 2), "", "", 0, "", "refuse validation_failed"},
		{"fewer than none", rows("A", 1, 2), "", "", -1, "", "refuse validation_failed"},
		{"too many", rows("A", 1, 9), "", "", 7, "", "refuse validation_failed"},
		{"house without seats", nil, "", "", 1, "", "refuse not_enough_seats"},
		{"claimed seats are gone round", rows("A", 1, 6), "", "A-1-3", 2, "", "A-1-1 A-1-2"},
		{"claimed seats alone are missing", rows("A", 1, 3), "", "A-1-2", 2, "", "wait"},
		{"it would not do without the claim either", rows("A", 1, 3), "A-1-2", "A-1-1", 2, "", "refuse not_enough_seats"},
		{"claims elsewhere change nothing", append(rows("A", 1, 2), rows("B", 1, 2)...), "A-1-1", "B-1-1", 2, "A", "refuse not_enough_seats"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, testTerms(), test.house)
			if test.taken != "" {
				h.do(t, hold("taken", "u9", strings.Fields(test.taken)...))
			}
			if test.claimed != "" {
				h.decide(hold("claimed", "u8", strings.Fields(test.claimed)...))
			}
			d := h.decide(best("b1", test.quantity, test.section))
			got := outcome(d)
			if d.Verdict == eventra.Accept && test.want != got {
				got = strings.Join(d.Change.Booking.SeatNames(), " ")
			}
			require.Equal(t, test.want, got, "%v", d.Err)
			require.NoError(t, h.CheckInvariants())
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

// Requests for pairs that come one after the other fill a house of even rows
// without leaving a seat, whether or not the ones before are committed.
func TestBestAvailableFillsTheHouse(t *testing.T) {
	t.Parallel()
	for _, committed := range []bool{true, false} {
		h := newHouse(t, testTerms(), rows("A", 5, 6))
		var taken []string
		for i := range 15 {
			d := h.decide(best("b"+string(rune('A'+i)), 2, ""))
			require.Equal(t, eventra.Accept, d.Verdict, "pair %d: %v", i, d.Err)
			taken = append(taken, d.Change.Booking.SeatNames()...)
			if committed {
				h.commit()
			}
		}
		slices.Sort(taken)
		require.Len(t, slices.Compact(taken), 30)
		want := "wait"
		if committed {
			want = "refuse not_enough_seats"
		}
		require.Equal(t, want, outcome(h.decide(best("last", 1, ""))))
	}
}
