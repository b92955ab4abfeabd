package eventra_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawing is a house with one party's pick, as it stands in testdata/orphans.txt: a line for
// each row, a mark for each seat.
//
//	.    free                   P    free, and picked
//	x    sold                   r    sold, its release is in flight
//	#    blocked                k, u blocked by a change in flight, given back by one
//	a-h  free, claimed by a hold in flight, one for each letter
//
// A row's label is SECTION-ROW; a last word such as €12 is the price of its seats, else 10.
type drawing struct {
	lines []string
	seats []eventra.Seat
	marks []byte // by SeatNo
}

func parseDrawing(t rapid.TB, lines []string) (d drawing) {
	d.lines = lines
	for _, line := range lines {
		words := strings.Fields(line)
		section, label, _ := strings.Cut(words[0], "-")
		price := int64(10)
		if amount, priced := strings.CutPrefix(words[len(words)-1], "€"); priced {
			var err error
			price, err = strconv.ParseInt(amount, 10, 64)
			require.NoError(t, err, line)
			words = words[:len(words)-1]
		}
		for i, mark := range words[1:] {
			d.seats = append(d.seats, eventra.Seat{Section: section, Row: label, Number: i + 1,
				Price: eventra.Money{Amount: 100 * price, Currency: "EUR"}})
			d.marks = append(d.marks, mark[0])
		}
	}
	return d
}

// named returns the names of the seats with one of the marks.
func (d drawing) named(marks string) (names []string) {
	for no, seat := range d.seats {
		if strings.IndexByte(marks, d.marks[no]) >= 0 {
			names = append(names, seat.Name())
		}
	}
	return names
}

func (d drawing) String() string { return "\n" + strings.Join(d.lines, "\n") + "\n" }

// changes returns the letters of the changes in flight.
func (d drawing) changes() (letters []string) {
	for _, mark := range d.marks {
		if strings.IndexByte("abcdefghku", mark) >= 0 {
			letters = append(letters, string(mark))
		}
	}
	slices.Sort(letters)
	return slices.Compact(letters)
}

// open makes the house. Its rule does not judge how it came about.
func (d drawing) open(t rapid.TB, rule eventra.OrphanRule) *fixture {
	terms := testTerms()
	terms.MaxSeatsPerBooking = max(terms.MaxSeatsPerBooking, len(d.seats))
	f := newFixture(t, terms, d.seats)
	for booking, marks := range map[string]string{"sold": "x", "leaving": "r"} {
		if seats := d.named(marks); seats != nil {
			f.do(t, hold(booking, "u9", seats...))
		}
	}
	if blocked := d.named("#u"); blocked != nil {
		f.do(t, block("blocked", blocked...))
	}
	if seats := d.named("k"); seats != nil {
		f.decide(block("k", seats...))
	}
	if seats := d.named("u"); seats != nil {
		f.decide(unblock("u", seats...))
	}
	if d.named("r") != nil {
		f.decide(&eventra.ReleaseHold{BookingID: named("leaving"), UserID: named("u9")})
	}
	for _, letter := range d.changes() {
		if letter == "k" || letter == "u" {
			continue
		}
		require.Equal(t, eventra.Accept, f.decide(hold(letter, "u8", d.named(letter)...)).Verdict)
	}
	f.SetOrphanRule(rule)
	return f
}

func (d drawing) pick() *eventra.HoldSeats { return hold("party", "u1", d.named("P")...) }
