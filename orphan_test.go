package eventra_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

const orphanCases = "testdata/orphans.txt"

// TestOrphanRule plays the cases in testdata/orphans.txt. Each one is a title, a drawing of
// the house with a party's pick, and what becomes of it.
func TestOrphanRule(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(orphanCases)
	require.NoError(t, err)
	head, rest, _ := strings.Cut(string(text), "\n\n")
	out := []string{head}
	count := 0
	for block := range strings.SplitSeq(strings.TrimSpace(rest), "\n\n") {
		out = append(out, playOrphanCase(t, block))
		count++
	}
	require.GreaterOrEqual(t, count, 25)
	got := strings.Join(out, "\n\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(orphanCases, []byte(got), 0o644))
		return
	}
	require.Equal(t, string(text), got, "go test -run TestOrphanRule -update accepts it")
}

// playOrphanCase returns the case with what becomes of it now.
func playOrphanCase(t *testing.T, block string) string {
	var title, rows []string
	for line := range strings.SplitSeq(block, "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			title = append(title, line)
		case !strings.HasPrefix(line, "strict") && !strings.HasPrefix(line, "warn") && !strings.HasPrefix(line, "  "):
			rows = append(rows, line)
		}
	}
	d := parseDrawing(t, rows)
	out := append(append(title, rows...), "strict: "+orphanVerdict(d.open(t, eventra.OrphanStrict).decide(d.pick())))
	if strings.HasSuffix(out[len(out)-1], "wait") {
		f := d.open(t, eventra.OrphanStrict)
		f.commit()
		out = append(out, "  if what is in flight commits: "+orphanVerdict(f.decide(d.pick())))
		f = d.open(t, eventra.OrphanStrict)
		f.withdraw()
		out = append(out, "  if not: "+orphanVerdict(f.decide(d.pick())))
	}
	held := d.open(t, eventra.OrphanWarn).decide(d.pick())
	require.Equal(t, eventra.Accept, held.Verdict)
	require.False(t, d.open(t, eventra.OrphanOff).decide(d.pick()).Change.Booking.LeavesSingleSeat)
	if held.Change.Booking.LeavesSingleSeat {
		out = append(out, "warn: yes")
	} else {
		out = append(out, "warn: no")
	}
	return strings.Join(out, "\n")
}

// orphanVerdict puts a decision about a pick into words.
func orphanVerdict(d eventra.Decision) string {
	e, refused := errors.AsType[*eventra.Error](d.Err)
	if !refused || e.Code != eventra.CodeLeavesSingleSeat {
		return strings.TrimSuffix(outcome(d), " Held")
	}
	suggestions := make([]string, len(e.Suggestions))
	for i, seats := range e.Suggestions {
		suggestions[i] = strings.Join(seats, " ")
	}
	return "refuse, it leaves " + strings.Join(e.Orphans, " and ") + "; rather " + strings.Join(suggestions, ", or ")
}

// Boxes cost adults what stalls do, but are not sold to children: they do not stand for each
// other, nor does another number of each.
func TestOrphanRule_SuggestsWhatCostsTheSame(t *testing.T) {
	t.Parallel()
	f := theatreSale(t, theatre("EUR", 5000, 2500, 5000, 4000))
	f.SetOrphanRule(eventra.OrphanStrict)
	require.Equal(t, "refuse, it leaves S-1-6; rather S-1-6, or S-2-6", orphanVerdict(f.decide(hold("b1", "u1", "S-1-5"))))
	require.Equal(t, "refuse, it leaves S-1-6; rather S-1-6, or S-2-6", orphanVerdict(f.decide(items("b1", "S-1-5 Adult"))))
	require.Equal(t, "accept", orphanVerdict(f.decide(hold("b1", "u1", "S-1-5", "S-1-4"))))
}

// The parts of a pick are compared by what they cost, in whatever order sections name their
// categories.
func TestOrphanRule_SuggestsTheSamePricesInAnotherSection(t *testing.T) {
	t.Parallel()
	var seats []eventra.Seat
	for section, prices := range map[string][]int64{"L": {50, 50, 30, 30, 30}, "R": {30, 50, 50, 50}} {
		for i, price := range prices {
			seats = append(seats, eventra.Seat{Section: section, Row: "1", Number: i + 1, Price: eventra.Money{Amount: price, Currency: "EUR"}})
		}
	}
	slices.SortStableFunc(seats, func(a, b eventra.Seat) int { return strings.Compare(a.Section, b.Section) })
	f := newFixture(t, testTerms(), seats)
	f.SetOrphanRule(eventra.OrphanStrict)
	require.Equal(t, "refuse, it leaves L-1-1; rather R-1-1 R-1-2", orphanVerdict(f.decide(hold("b1", "u1", "L-1-2", "L-1-3"))))
}
