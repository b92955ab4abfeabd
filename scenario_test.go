package eventra_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "accept what the scenarios do now")

// TestScenarios plays the stories in testdata/scenarios. Empty lines divide a story
// into blocks: commands, a line of dashes, and the expected output. The commands
// are listed in [scenario.play]. A last word such as +11m first sets the clock to
// that time after the opening; # begins a comment.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			got := (&scenario{t: t}).run(string(text))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			require.Equal(t, string(text), got, "go test -run TestScenarios -update accepts it")
		})
	}
}

const scenarioDashes = "----"

type scenario struct {
	t *testing.T
	*fixture
}

// run returns the story with the expected output replaced by the actual one.
func (s *scenario) run(text string) string {
	var out []string
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		commands, _, asks := strings.Cut(block, "\n"+scenarioDashes)
		lines := []string{commands}
		if asks {
			lines = append(lines, scenarioDashes)
			for line := range strings.SplitSeq(commands, "\n") {
				if !strings.HasPrefix(line, "#") {
					lines = append(lines, s.play(strings.Fields(line))...)
				}
			}
		}
		out = append(out, strings.Join(lines, "\n"))
	}
	return strings.Join(out, "\n\n") + "\n"
}

// play carries out one command:
//
//	house A-1:1-5 A-2:1-2,4-6 F=9 …   opens the sale of these seats, and of nine places in F
//	hold BOOKING USER SEAT …      best BOOKING QUANTITY [SECTION]
//	hold BOOKING USER 2xF SEAT …  two places in F besides
//	release BOOKING USER          expire BOOKING
//	pay PAYMENT BOOKING USER      paid|declined|failed PAYMENT
//	refund BOOKING                at (only sets the clock)
//	return REFUND BOOKING ITEM … | all [=CENTS] [keep]   returned|refused REFUND
//	block BLOCKING SEAT … | A | A-1   unblock, the same
//	draft (instead of the open sale)
//	publish, cancel (the event)   limit TICKETS (of one customer)
//	commit                        withdraw [BOOKING]
//	seats                         availability
//	booking BOOKING               payment PAYMENT
func (s *scenario) play(words []string) []string {
	if last := words[len(words)-1]; strings.HasPrefix(last, "+") {
		after, err := time.ParseDuration(last[1:])
		require.NoError(s.t, err, words)
		s.now, words = opening.Add(after), words[:len(words)-1]
	}
	verb, args := words[0], words[1:]
	if verb == "house" {
		seats, floors := parseHouse(s.t, args)
		s.fixture = newFixture(s.t, testTerms(), seats, floors...)
		return []string{tally(s.Availability().Total)}
	}
	said := s.perform(verb, args)
	require.NoError(s.t, s.CheckInvariants(), words)
	return said
}

func (s *scenario) perform(verb string, args []string) []string {
	switch verb {
	case "at":
		return nil
	case "draft":
		s.fixture = newFixture(s.t, draftTerms(), s.snapshot.Seats)
		return []string{string(s.Terms().Status)}
	case "publish":
		s.become(s.t, eventra.EventPublished)
		return []string{string(s.Terms().Status)}
	case "cancel":
		s.become(s.t, eventra.EventCancelled)
		return []string{string(s.Terms().Status)}
	case "limit":
		s.change(s.t, func(terms *eventra.Terms) {
			var err error
			terms.MaxSeatsPerCustomer, err = strconv.Atoi(args[0])
			require.NoError(s.t, err)
		})
		return []string{"at most " + args[0]}
	case "commit":
		return s.commitAll()
	case "withdraw":
		var bookings []eventra.ID
		for _, name := range args {
			bookings = append(bookings, named(name))
		}
		before := len(s.inFlight)
		s.withdraw(bookings...)
		return []string{fmt.Sprintf("%d withdrawn", before-len(s.inFlight))}
	case "seats":
		return s.picture()
	case "availability":
		a := s.Availability()
		lines := []string{fmt.Sprintf("version %d; %s", a.Version, tally(a.Total))}
		for _, section := range a.Sections {
			lines = append(lines, tally(section))
		}
		return lines
	case "booking":
		return []string{s.describe(s.Live(named(args[0])))}
	case "payment":
		return []string{string(s.payments[named(args[0])].Status)}
	}
	return []string{s.verdict(s.decide(s.command(verb, args)))}
}

func (s *scenario) command(verb string, args []string) eventra.Command {
	switch verb {
	case "hold":
		return holdItems(args[0], args[1], args[2:]...)
	case "best":
		quantity, err := strconv.Atoi(args[1])
		require.NoError(s.t, err)
		return best(args[0], quantity, strings.Join(args[2:], " "))
	case "release":
		return &eventra.ReleaseHold{BookingID: named(args[0]), UserID: named(args[1])}
	case "expire":
		return &eventra.ExpireHold{BookingID: named(args[0])}
	case "pay":
		return pay(args[0], args[1], args[2])
	case "paid":
		return s.finish(args[0], eventra.PaymentSucceeded)
	case "declined":
		return s.finish(args[0], eventra.PaymentDeclined)
	case "failed":
		return s.finish(args[0], eventra.PaymentFailed)
	case "block":
		return block(args[0], args[1:]...)
	case "unblock":
		return unblock(args[0], args[1:]...)
	case "return":
		return s.giveBack(args[0], args[1], args[2:])
	case "returned":
		return s.end(args[0], eventra.RefundSucceeded)
	case "refused":
		return s.end(args[0], eventra.RefundFailed)
	case "refund":
		return &eventra.RefundBooking{BookingID: named(args[0])}
	}
	s.t.Fatalf("no such command: %s %v", verb, args)
	return nil
}

func (s *scenario) giveBack(refund, booking string, args []string) *eventra.RefundItems {
	cmd := giveBack(refund, booking)
	for _, arg := range args {
		switch amount, is := strings.CutPrefix(arg, "="); {
		case is:
			cents, err := strconv.ParseInt(amount, 10, 64)
			require.NoError(s.t, err)
			cmd.Amount = cents
		case arg == "keep":
			cmd.Release = false
		case arg == "all":
			cmd.All = true
		default:
			item, err := strconv.Atoi(arg)
			require.NoError(s.t, err)
			cmd.Items = append(cmd.Items, item)
		}
	}
	return cmd
}

func (s *scenario) verdict(d eventra.Decision) string {
	switch {
	case d.Verdict == eventra.Accept && d.Change.Kind.TakesSeats():
		return outcome(d) + ": " + strings.Join(d.Change.Booking.SeatNames(), " ")
	case d.Verdict == eventra.Answer:
		return "answer: " + s.describe(d.Booking)
	case d.Verdict == eventra.Refuse:
		e, ok := errors.AsType[*eventra.Error](d.Err)
		switch {
		case ok && len(e.Seats) > 0:
			return outcome(d) + ": " + strings.Join(e.Seats, " ")
		case ok && e.Places != nil:
			return fmt.Sprintf("%s: %s has %d", outcome(d), e.Places.Section, e.Places.Available)
		case ok && e.Customer != nil:
			return fmt.Sprintf("%s: has %d of %d", outcome(d), e.Customer.Held, e.Customer.Limit)
		case ok && e.Refundable != nil:
			return fmt.Sprintf("%s: %d left", outcome(d), e.Refundable.Amount)
		}
	}
	return outcome(d)
}

// commitAll commits and reports the outcome of each change.
func (s *scenario) commitAll() (lines []string) {
	batch := s.inFlight
	refused := map[*eventra.Change]bool{}
	for _, c := range s.commit() {
		refused[c] = true
	}
	for _, c := range batch {
		line := kindNames[c.Kind] + " " + nameOf(subjectOf(c))
		switch {
		case refused[c]:
			line += " refused by the store"
		case c.Booking != nil:
			line += ": " + s.describe(c.Booking)
		case c.Blocking != nil:
			line += fmt.Sprintf(": %d changed, version %d", c.Blocking.Changed, c.Blocking.Version)
		}
		if !refused[c] && c.Payment != nil {
			line += strings.TrimRight(fmt.Sprintf("; payment %s %s %s", nameOf(c.Payment.ID), c.Payment.Status, c.Payment.Refusal), " ")
		}
		if r := c.Refund; !refused[c] && r != nil {
			line += fmt.Sprintf("; refund %s %s of %d for items %v", nameOf(r.ID), r.Status, r.Amount.Amount, r.Items)
		}
		if n := c.Notice; n != nil {
			line += fmt.Sprintf("; mail about %d", n.Amount)
		}
		lines = append(lines, line)
	}
	return lines
}

func (s *scenario) describe(b *eventra.Booking) string {
	if b == nil {
		return "not live"
	}
	text := fmt.Sprintf("%s %s of %s: %s", nameOf(b.ID), b.Status, nameOf(b.UserID), strings.Join(b.SeatNames(), " "))
	if b.Status == eventra.BookingHeld {
		text += fmt.Sprintf(", due +%v", b.Due().Sub(opening))
	}
	for i := range b.Items {
		if b.Status.Live() && b.Items[i].Released {
			text += ", without " + b.Items[i].Name()
		}
	}
	if b.Refunded > 0 {
		text += fmt.Sprintf(", %d refunded", b.Refunded)
	}
	if !b.PaymentID.IsZero() {
		text += ", payment " + nameOf(b.PaymentID)
	}
	return text
}

// picture draws each row: . free, h held, B booked, x blocked.
func (s *scenario) picture() (lines []string) {
	v := s.View()
	row := ""
	for no, seat := range v.Layout.Seats {
		if label := seat.Section + "-" + seat.Row; label != row {
			row, lines = label, append(lines, label+" ")
		}
		lines[len(lines)-1] += string(".hBx"[v.Status[no]])
	}
	return lines
}

// parseHouse reads rows such as A-2:1-2,4-6, and general-admission sections such as F=9.
func parseHouse(t *testing.T, specs []string) (seats []eventra.Seat, floors []eventra.StoredFloor) {
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	for _, spec := range specs {
		if name, capacity, general := strings.Cut(spec, "="); general {
			floors = append(floors, eventra.StoredFloor{Floor: eventra.Floor{Name: name, Capacity: number(capacity), Price: eventra.Money{Amount: 700, Currency: "EUR"}}})
			continue
		}
		label, runs, _ := strings.Cut(spec, ":")
		section, rowLabel, _ := strings.Cut(label, "-")
		for run := range strings.SplitSeq(runs, ",") {
			from, to, isRange := strings.Cut(run, "-")
			if !isRange {
				to = from
			}
			seats = append(seats, row(section, rowLabel, numbers(number(from), number(to))...)...)
		}
	}
	return seats, floors
}
