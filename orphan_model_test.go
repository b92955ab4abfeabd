package eventra_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// orphanWorld is a house after its changes in flight have ended in one way. It knows the
// rule in its simplest form, from the documents alone.
type orphanWorld struct {
	seats []eventra.Seat
	state []byte // by SeatNo: . free, x taken, # blocked
}

const freeMark = '.'

// worlds returns what the house may become: each change in flight is committed or not. The
// last one has all of them.
func (d drawing) worlds() (worlds []orphanWorld) {
	letters := strings.Join(d.changes(), "")
	for committed := range 1 << len(letters) {
		w := orphanWorld{seats: d.seats, state: make([]byte, len(d.marks))}
		for no, mark := range d.marks {
			letter := strings.IndexByte(letters, mark)
			done := letter >= 0 && committed>>letter&1 != 0
			switch {
			case mark == 'k' && done, mark == 'u' && !done:
				w.state[no] = '#'
			case mark == 'u', mark == 'P', letter >= 0 && !done:
				w.state[no] = freeMark
			case letter >= 0, mark == 'r':
				w.state[no] = 'x'
			default:
				w.state[no] = mark
			}
		}
		worlds = append(worlds, w)
	}
	return worlds
}

func (w orphanWorld) sameRow(a, b int) bool {
	return w.seats[a].Section == w.seats[b].Section && w.seats[a].Row == w.seats[b].Row
}

// beside returns the state of the seat beside another one. Picked ones are taken, and so is
// what is beyond the row.
func (w orphanWorld) beside(no, step int, pick []int) byte {
	next := no + step
	if next < 0 || next >= len(w.state) || !w.sameRow(no, next) || slices.Contains(pick, next) {
		return 'x'
	}
	return w.state[next]
}

// orphans returns the free seats that a pick leaves alone.
func (w orphanWorld) orphans(pick []int) (orphans []int) {
	for no, state := range w.state {
		if state != freeMark || slices.Contains(pick, no) {
			continue
		}
		alone := w.beside(no, -1, pick) == 'x' && w.beside(no, +1, pick) == 'x'
		before := w.beside(no, -1, nil) == 'x' && w.beside(no, +1, nil) == 'x'
		if alone && !before {
			orphans = append(orphans, no)
		}
	}
	return orphans
}

// isFree reports whether all the seats are free.
func (w orphanWorld) isFree(pick []int) bool {
	return !slices.ContainsFunc(pick, func(no int) bool { return w.state[no] != freeMark })
}

// anyClean reports whether any seats for so many people, together or not, leave no orphan.
func (w orphanWorld) anyClean(people, from int, pick []int) bool {
	if people == 0 {
		return len(w.orphans(pick)) == 0
	}
	for no := from; no < len(w.state); no++ {
		if w.state[no] == freeMark && w.anyClean(people-1, no+1, append(slices.Clone(pick), no)) {
			return true
		}
	}
	return false
}

// cleanTogether reports whether there are seats side by side for so many people that cost
// the same and leave no orphan.
func (w orphanWorld) cleanTogether(people int, price eventra.Money) bool {
	for first := 0; first+people <= len(w.state); first++ {
		var pick []int
		for no := first; no < first+people && w.state[no] == freeMark && w.sameRow(no, first) && w.seats[no].Price == price; no++ {
			pick = append(pick, no)
		}
		if len(pick) == people && len(w.orphans(pick)) == 0 {
			return true
		}
	}
	return false
}

// numbersOf finds seats by name.
func (w orphanWorld) numbersOf(names []string) (numbers []int) {
	for _, name := range names {
		numbers = append(numbers, slices.IndexFunc(w.seats, func(s eventra.Seat) bool { return s.Name() == name }))
	}
	return numbers
}

func (w orphanWorld) prices(pick []int) (prices []int64) {
	for _, no := range pick {
		prices = append(prices, w.seats[no].Price.Amount)
	}
	slices.Sort(prices)
	return prices
}

// together returns the one price of a pick of seats side by side.
func (w orphanWorld) together(pick []int) (price eventra.Money, yes bool) {
	for i, no := range pick {
		if no != pick[0]+i || !w.sameRow(no, pick[0]) {
			return price, false
		}
	}
	return w.seats[pick[0]].Price, true
}

// drawHouse makes a small house, and a pick in it, of any bytes.
func drawHouse(program []byte) (lines []string) {
	labels := []string{"A-1", "A-2", "B-1", "B-2"}
	row, seats := labels[0], 0
	for _, b := range program {
		mark := ".....PPPxx#abku|"[b%16]
		switch {
		case mark != '|':
			row += " " + string(mark)
			seats++
		case len(lines) < len(labels)-1:
			if b >= 0xc0 {
				row += " €12"
			}
			lines = append(lines, row)
			row = labels[len(lines)]
		}
		if seats == 16 {
			break
		}
	}
	return append(lines, row)
}

// playOrphanHouse compares verdicts on a pick in a house.
func playOrphanHouse(t rapid.TB, program []byte) {
	d := parseDrawing(t, drawHouse(program))
	names := d.named("P")
	if names == nil {
		return
	}
	worlds := d.worlds()
	pick := worlds[0].numbersOf(names)
	f := d.open(t, eventra.OrphanStrict)
	strict := f.decide(d.pick())
	requireStrict(t, worlds, pick, strict, d.String()+orphanVerdict(strict))
	require.NoError(t, f.CheckInvariants())
	warned := d.open(t, eventra.OrphanWarn).decide(d.pick())
	require.Equal(t, eventra.Accept, warned.Verdict)
	requireWarning(t, worlds, pick, warned.Change.Booking.LeavesSingleSeat, d.String())
}

// requireStrict checks a verdict of the strict rule against all that the changes in flight
// may lead to.
func requireStrict(t rapid.TB, worlds []orphanWorld, pick []int, got eventra.Decision, said string) {
	price, together := worlds[0].together(pick)
	clean := true
	for _, w := range worlds {
		leaves := len(w.orphans(pick)) > 0
		clean = clean && !leaves
		switch got.Verdict {
		case eventra.Refuse:
			require.True(t, leaves, said)
			require.True(t, w.anyClean(len(pick), 0, nil), "the last way to sell: %s", said)
			requireSuggestions(t, w, pick, got, said)
		case eventra.Accept:
			require.False(t, together && leaves && w.cleanTogether(len(pick), price), said)
		case eventra.Wait:
			require.Greater(t, len(worlds), 1, said)
		default:
			require.Fail(t, said)
		}
	}
	if clean {
		require.Equal(t, eventra.Accept, got.Verdict, said)
	}
}

// requireWarning checks whether a hold comes with a warning, which counts on the changes in
// flight.
func requireWarning(t rapid.TB, worlds []orphanWorld, pick []int, warned bool, said string) {
	w := worlds[len(worlds)-1]
	price, together := w.together(pick)
	if leaves := len(w.orphans(pick)) > 0; together || !leaves {
		require.Equal(t, leaves && w.cleanTogether(len(pick), price), warned, said)
	}
}

// requireSuggestions checks what a refusal names.
func requireSuggestions(t rapid.TB, w orphanWorld, pick []int, refused eventra.Decision, said string) {
	e, _ := errors.AsType[*eventra.Error](refused.Err)
	require.Equal(t, eventra.CodeLeavesSingleSeat, e.Code, said)
	require.NotEmpty(t, e.Orphans, said)
	require.Subset(t, w.orphans(pick), w.numbersOf(e.Orphans), said)
	require.NotEmpty(t, e.Suggestions, said)
	for _, names := range e.Suggestions {
		other := w.numbersOf(names)
		require.Len(t, other, len(pick), said)
		require.True(t, w.isFree(other), said)
		require.Empty(t, w.orphans(other), said)
		require.Equal(t, w.prices(pick), w.prices(other), said)
	}
}

// TestOrphanRule_AgreesWithTheModel tries many houses.
func TestOrphanRule_AgreesWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		random := rand.New(rand.NewPCG(seed, seed))
		for range 30 {
			program := make([]byte, 1+random.IntN(18))
			for i := range program {
				program[i] = byte(random.Uint32())
			}
			playOrphanHouse(t, program)
		}
	})
}

// FuzzOrphanRule lets the fuzzer build the houses.
func FuzzOrphanRule(f *testing.F) {
	f.Add([]byte{0, 6, 0, 0, 9})
	f.Add([]byte{6, 0, 12, 13, 0x2f, 0, 0, 0, 13})
	f.Fuzz(func(t *testing.T, program []byte) { playOrphanHouse(t, program) })
}
