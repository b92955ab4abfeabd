package eventra_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// programStep is the number of bytes of a step: what to do, and three choices. The
// first byte of a program chooses the terms of the sale.
const programStep = 4

// TestSeatMap_AgreesWithTheModel plays random programs. rapid prints its seed and
// shortens a failing program from its end; the program is printed too, and may be
// added to FuzzSeatMap's corpus. rapid prefers small bytes, so what it draws only
// seeds the program.
func TestSeatMap_AgreesWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")
		program := make([]byte, 1+programStep*rapid.IntRange(50, 300).Draw(t, "steps"))
		_, _ = rand.NewChaCha8([32]byte(seed)).Read(program) // it never fails
		playProgram(t, program)
	})
}

// FuzzSeatMap lets the fuzzer write the programs.
func FuzzSeatMap(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 9, 0, 0, 0})
	f.Fuzz(func(t *testing.T, program []byte) {
		playProgram(t, program[:min(len(program), 1+300*programStep)])
	})
}

func playProgram(t rapid.TB, program []byte) {
	if len(program) == 0 {
		return
	}
	s := newModelSale(t, program[0])
	finished := false
	defer func() {
		if !finished { // a failure or a panic
			t.Logf("program %q\n%s", program, strings.Join(s.log, "\n"))
		}
	}()
	for program = program[1:]; len(program) >= programStep; program = program[programStep:] {
		s.step(program[0], program[1], program[2], program[3])
		s.check()
	}
	finished = true
}

// modelSale plays each step on a SeatMap and on the model.
type modelSale struct {
	t         rapid.TB
	model     *model
	seats     *eventra.SeatMap
	now       time.Time
	inFlight  []inFlightChange
	last      eventra.Command
	slots     [5]struct{ generation, attempt int } // of bookings and their payments
	started   []eventra.Payment                    // whose start was committed
	ends      map[eventra.ID]eventra.PaymentStatus // the outcome of a payment never changes
	blockings int
	refunds   []eventra.Refund // that were committed
	// refundEnds are the outcomes of refunds, which never change.
	refundEnds map[eventra.ID]eventra.RefundStatus
	refundIDs  int
	log        []string
}

// inFlightChange is a change in flight: the decided one and the predicted one.
type inFlightChange struct {
	cmd    eventra.Command
	change *eventra.Change
	model  modelChange
}

func newModelSale(t rapid.TB, choice byte) *modelSale {
	terms := testTerms()
	terms.MaxSeatsPerBooking = 4
	terms.MaxSeatsPerCustomer = []int{0, 3, 5, 100}[choice>>1&3]
	if choice&1 != 0 {
		closing := opening.Add(3 * testHold)
		terms.SaleEndsAt = &closing
	}
	terms.OrphanRule = []eventra.OrphanRule{"", eventra.OrphanStrict, eventra.OrphanWarn, eventra.OrphanStrict}[choice>>1&3]
	seats := slices.Concat(row("A", "1", numbers(1, 5)...), row("B", "1", 3, 1, 2), row("A", "2", 5, 3, 1, 2, 4))
	hidden := choice >= 0xe0
	if hidden {
		terms.Status = eventra.EventDraft
	}
	s := &modelSale{t: t, model: newModel(terms, seats), now: opening, ends: map[eventra.ID]eventra.PaymentStatus{},
		refundEnds: map[eventra.ID]eventra.RefundStatus{}}
	s.model.hidden = hidden
	if terms.OrphanRule == "" && choice&8 != 0 {
		s.model.prices = &modelPrices{}
	}
	s.reload()
	return s
}

func (s *modelSale) note(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf("+%v: ", s.now.Sub(opening))+fmt.Sprintf(format, args...))
}

func (s *modelSale) step(what, a, b, c byte) {
	if what >= 240 { // programs of before have few such steps
		s.decide(s.block(a, b, c))
		return
	}
	if what >= 228 { // as few
		s.decide(s.withTypes(&eventra.HoldSeats{BookingID: s.newBooking(a), UserID: user(a), Items: s.items(int(what-228)%5, b, c)}, a))
		return
	}
	if what >= 212 {
		s.decide(s.refund(what, a, b, c))
		return
	}
	switch what % 16 {
	case 0, 1, 2:
		s.decide(s.withTypes(&eventra.HoldSeats{BookingID: s.newBooking(a), UserID: user(a), Seats: s.names(b, c)}, a))
	case 3, 4:
		section := []string{"", "", "A", "B", "Z"}[int(c)%5]
		s.decide(s.withTypes(&eventra.HoldSeats{BookingID: s.newBooking(a), UserID: user(a),
			Best: &eventra.BestAvailable{Quantity: int(b)%6 - b2i(b > 250), Section: section}}, a))
	case 5:
		s.decide(&eventra.ReleaseHold{BookingID: s.booking(a, c), UserID: user(a + b/240)})
	case 6:
		s.decide(&eventra.ExpireHold{BookingID: s.booking(a, c)})
	case 7, 8:
		s.decide(&eventra.StartPayment{PaymentID: s.payment(a, c), BookingID: s.booking(a, 0), UserID: user(a + b/240),
			Method: "mock", Grace: testGrace})
	case 9, 10:
		if len(s.started) > 0 {
			s.decide(s.finish(s.started[int(a)%len(s.started)], b))
		}
	case 11:
		s.decide(&eventra.RefundBooking{BookingID: s.booking(a, c)})
	case 12, 13:
		s.complete(a, b)
	case 14:
		s.jump(a, b)
	case 15:
		if a > 250 {
			s.become(eventra.EventCancelled)
		} else if a > 230 && s.model.terms.Status == eventra.EventDraft {
			s.model.hidden = false
			s.become(eventra.EventPublished)
		} else if a > 190 && a <= 230 && s.model.prices != nil {
			s.reprice()
		} else if s.last != nil {
			s.decide(s.last)
		}
	}
}

// block makes a command that blocks seats or gives them back: a few, a row or a section. A low odd
// choice repeats an id.
func (s *modelSale) block(a, b, c byte) *eventra.SetBlocked {
	if a > 40 || a&1 == 0 {
		s.blockings++
	}
	cmd := &eventra.SetBlocked{BlockingID: named(fmt.Sprintf("k%d", s.blockings)), Author: named("admin"), Blocked: a%3 != 0}
	switch {
	case c > 250:
		cmd.Selection = eventra.SeatSelection{Section: "Z"}
	case c > 200:
		cmd.Selection = eventra.SeatSelection{Section: "A"}
	case c > 150:
		cmd.Selection = eventra.SeatSelection{Section: "A", Row: []string{"1", "2", "7"}[b%3]}
	case c > 140:
		cmd.Selection.Seats = []string{"A-1-99"}
	default:
		for i := range 1 + int(c)%3 {
			cmd.Selection.Seats = append(cmd.Selection.Seats, s.model.seats[(int(b)+i)%len(s.model.seats)].Name())
		}
	}
	return cmd
}

// withTypes makes a hold one of tickets by type, if the event has types: of a few types in turn, the
// one or the other of which does not exist.
func (s *modelSale) withTypes(cmd *eventra.HoldSeats, choice byte) *eventra.HoldSeats {
	if s.model.prices == nil || choice < 80 {
		return cmd
	}
	types := [][]string{{"Adult"}, {"Adult", "Child"}, {"Child"}, {"Group"}, {"", "Child", "Child"}, {"Group", "Adult"}, {"Adult", "Pope"}}[int(choice)/5%7]
	if cmd.Best == nil {
		for i, seat := range cmd.Seats {
			cmd.Items = append(cmd.Items, eventra.ItemRequest{Seat: seat, TicketType: types[i%len(types)]})
		}
		if cmd.Seats != nil {
			cmd.Seats = nil
			return cmd
		}
		for i := range cmd.Items {
			cmd.Items[i].TicketType = types[i%len(types)]
		}
		return cmd
	}
	if cmd.Best.Category = modelCategories[int(choice)%3]; choice > 250 {
		cmd.Best.Category = "Roof"
	}
	if cmd.Best.Quantity < 1 || types[0] == "" {
		return cmd
	}
	counts := map[string]int{}
	for i := range cmd.Best.Quantity {
		counts[types[i%len(types)]]++
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		cmd.Best.TicketTypes = append(cmd.Best.TicketTypes, eventra.TicketTypeCount{Name: name, Count: counts[name]})
	}
	return cmd
}

// reprice changes all prices, which takes an epoch.
func (s *modelSale) reprice() {
	s.note("reprice")
	s.inFlight, s.model.inFlight = nil, nil
	s.model.prices.changes++
	s.reload()
}

// become gives the event another status. Its terms take an epoch, so no batch in flight
// commits any more.
func (s *modelSale) become(status eventra.EventStatus) {
	s.note("%s", status)
	s.inFlight, s.model.inFlight = nil, nil
	s.model.terms.Become(status)
	s.reload()
}

func user(choice byte) eventra.ID { return named(fmt.Sprintf("u%d", choice%5%3)) }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// booking returns the newest booking of a slot, live or ended. A high odd choice
// returns the successor that a late payment may have made.
func (s *modelSale) booking(slot, choice byte) eventra.ID {
	if choice > 128 && choice&1 != 0 {
		return s.payment(slot, 0)
	}
	return named(fmt.Sprintf("b%d.%d", slot%5, s.slots[slot%5].generation))
}

// newBooking returns the slot's booking, or a new id if that booking has ended: an
// id is used once.
func (s *modelSale) newBooking(slot byte) eventra.ID {
	id := s.booking(slot, 0)
	if _, used := s.model.bookings[id]; used {
		if _, live := s.model.live(id); !live {
			s.slots[slot%5].generation++
			s.slots[slot%5].attempt = 0
			return s.booking(slot, 0)
		}
	}
	return id
}

// payment returns the slot's payment. Unless choice is zero, it returns the next
// one if that has ended, or if choice is high.
func (s *modelSale) payment(slot, choice byte) eventra.ID {
	at := &s.slots[slot%5]
	id := func() eventra.ID { return named(fmt.Sprintf("p%d.%d.%d", slot%5, at.generation, at.attempt)) }
	status, started := s.model.payments[id()]
	if started && choice != 0 && (status != eventra.PaymentPending || choice > 200) {
		at.attempt++
	}
	return id()
}

func (s *modelSale) names(b, c byte) (names []string) {
	for i := range int(c) % 4 {
		seat := s.model.seats[(int(b)+i*(1+int(c)/64))%len(s.model.seats)]
		names = append(names, seat.Name())
	}
	switch {
	case c > 250:
		names = append(names, "A-1-99")
	case c > 245:
		names = append(names, "A-1-1", "A-1-1")
	case c > 240:
		names = append(names, "A-1-1", "A-1-2", "A-1-3", "A-1-4", "A-1-5")
	}
	return names
}

// items asks for so many places, before or after seats or alone.
func (s *modelSale) items(places int, b, c byte) (items []eventra.ItemRequest) {
	for _, name := range s.names(b, c/2) {
		items = append(items, eventra.ItemRequest{Seat: name})
	}
	floor := eventra.ItemRequest{Section: modelFloor, Quantity: places}
	if b > 250 {
		floor.Section = "A"
	}
	return slices.Insert(items, int(b&1)*len(items), floor)
}

func (s *modelSale) finish(p eventra.Payment, choice byte) *eventra.FinishPayment {
	if s.ends[p.ID] == "" {
		s.ends[p.ID] = []eventra.PaymentStatus{eventra.PaymentSucceeded, eventra.PaymentSucceeded,
			eventra.PaymentDeclined, eventra.PaymentFailed}[choice%4]
	}
	cmd := &eventra.FinishPayment{Payment: p, Outcome: s.ends[p.ID]}
	booking := s.model.bookings[p.BookingID]
	for i, name := range booking.seats {
		item := modelPlace()
		if name != modelFloor {
			no, _ := s.seats.View().Layout.Find(name)
			if item = (eventra.Item{No: no}); booking.tickets != nil {
				item = eventra.NewItem(no, s.model.seatNamed(name), "")
			}
		}
		s.model.write(&item, name, booking.tickets, i)
		cmd.Items = append(cmd.Items, item)
	}
	return cmd
}

// jump moves the clock forward: often to just before, at or just after the end of
// a hold, or so near to it that a payment's grace ends later than the hold.
func (s *modelSale) jump(a, b byte) {
	if held, live := s.model.live(s.booking(a, 0)); live && b&1 != 0 {
		offset := []time.Duration{-testGrace / 2, -testGrace / 2, -1, 0, 0, 1}[b/2%6]
		if to := s.model.due(held).Add(offset); to.After(s.now) {
			s.now = to
		}
	} else {
		s.now = s.now.Add([]time.Duration{time.Nanosecond, time.Second, time.Minute, testHold}[b/2%4])
	}
	s.note("now")
}

// decide compares the decision of the SeatMap with that of the model.
func (s *modelSale) decide(cmd eventra.Command) {
	want := s.model.predict(cmd, s.now)
	d := s.seats.Decide(cmd, s.now)
	s.note("%T%+v: %s", cmd, cmd, outcome(d))
	s.last = cmd
	if want.picks && s.model.terms.OrphanRule == eventra.OrphanStrict {
		requireStrict(s.t, s.model.worlds(), s.model.numbersOf(want.change.seats), d, "strict")
		want.says, want.names = outcome(d), nil
	}
	require.Equal(s.t, want.says, outcome(d))
	if want.picks && s.model.terms.OrphanRule == eventra.OrphanWarn {
		requireWarning(s.t, s.model.worlds(), s.model.numbersOf(want.change.seats), d.Change.Booking.LeavesSingleSeat, "warn")
	}
	switch d.Verdict {
	case eventra.Accept:
		s.sameChange(want.change, d.Change)
		s.inFlight = append(s.inFlight, inFlightChange{cmd, d.Change, want.change})
		s.model.inFlight = append(s.model.inFlight, want.change)
	case eventra.Answer:
		require.Equal(s.t, want.answer, d.Booking.ID)
		require.Same(s.t, s.seats.Live(want.answer), d.Booking)
	case eventra.Refuse:
		if e, ok := errors.AsType[*eventra.Error](d.Err); ok {
			require.Equal(s.t, want.names, e.Seats)
		}
		alone := s.fresh().Decide(cmd, s.now)
		if eventra.CodeOf(d.Err) != eventra.CodeLeavesSingleSeat { // requireStrict has checked it, for every outcome of the claims
			require.Equal(s.t, d.Err, alone.Err, "a refusal rests on durable state alone")
		}
	case eventra.Wait:
		require.NotEqual(s.t, eventra.Wait, s.fresh().Decide(cmd, s.now).Verdict, "only a change in flight is a reason to wait")
	}
}

func (s *modelSale) sameChange(want modelChange, got *eventra.Change) {
	require.Equal(s.t, want.kind, got.Kind)
	require.Equal(s.t, want.subject, subjectOf(got))
	if got.Kind.Blocks() {
		var names []string
		for _, no := range got.Seats {
			names = append(names, s.model.seats[no].Name())
		}
		require.Equal(s.t, want.written, names)
		require.Equal(s.t, want.flips, got.Blocking.Changed)
	}
	if got.Refund != nil {
		s.sameRefund(want.refund, got.Refund)
	}
	if got.Booking != nil {
		require.Equal(s.t, want.booking, got.Booking.ID)
		require.Equal(s.t, want.user, got.Booking.UserID)
	}
	if got.Kind.TakesSeats() {
		require.Equal(s.t, want.seats, got.Booking.SeatNames())
		s.sameTickets(want.tickets, got.Booking)
	}
	if got.Payment != nil {
		require.Equal(s.t, want.payment, got.Payment.ID)
		if got.Kind != eventra.Confirmed && got.Kind != eventra.Rebooked {
			require.Equal(s.t, want.ends, got.Payment.Status)
			require.Equal(s.t, want.refusal, got.Payment.Refusal)
		}
	}
}

// sameTickets compares what a booking's tickets are and cost, if they have types.
func (s *modelSale) sameTickets(want []modelTicket, got *eventra.Booking) {
	if s.model.prices == nil {
		return
	}
	require.Equal(s.t, want, soldAs(got.Items))
	var total int64
	for _, t := range want {
		total += t.amount
	}
	require.Equal(s.t, eventra.Money{Amount: total, Currency: "EUR"}, got.Total)
}

// complete ends the batch in flight. It is committed, except for what the store
// refuses and for bookings whose seats are locked by others; or it is not
// committed; or its outcome is unknown, and the seat map is loaded again.
func (s *modelSale) complete(how, contended byte) {
	batch := s.inFlight
	s.inFlight, s.model.inFlight = nil, nil
	lost, unknown := how%16 >= 13, how%16 == 12 || how%16 == 13
	version := s.model.version + 1
	var committed []inFlightChange
	for i, f := range batch {
		locked := how%4 == 1 && f.change.Kind.TakesSeats() && contended>>(i%8)&1 != 0
		if lost || locked || s.model.refuses(f.model, s.now) {
			if !unknown {
				s.seats.Withdraw(f.change)
			}
			s.note("withdrawn: %s", kindNames[f.change.Kind])
			continue
		}
		s.model.commit(f.model, version, s.now)
		if !unknown {
			s.seats.Apply(f.change, version, s.now)
		}
		s.note("committed: %s", kindNames[f.change.Kind])
		if f.change.Kind == eventra.PaymentStarted {
			s.started = append(s.started, *f.change.Payment)
		}
		if f.change.Kind == eventra.ItemsRefunded {
			s.refunds = append(s.refunds, *f.change.Refund)
		}
		committed = append(committed, f)
	}
	if unknown {
		s.note("reloaded")
		s.reload()
	}
	for _, f := range committed {
		s.repeat(f)
	}
}

// repeat sends a committed command again. It has the first outcome.
func (s *modelSale) repeat(f inFlightChange) {
	d := s.seats.Decide(f.cmd, s.now)
	if _, expire := f.cmd.(*eventra.ExpireHold); expire {
		require.Equal(s.t, "ignore", outcome(d))
		return
	}
	switch f.change.Kind {
	case eventra.Held, eventra.PaymentStarted, eventra.Confirmed, eventra.Rebooked:
		require.Equal(s.t, "answer "+string(f.change.Booking.Status), outcome(d))
		require.Equal(s.t, f.change.Booking.ID, d.Booking.ID)
	case eventra.ItemsRefunded, eventra.RefundEnded:
		if _, live := s.model.live(subjectOf(f.change)); live {
			require.Equal(s.t, eventra.Answer, d.Verdict)
			require.Equal(s.t, f.change.Refund.ID, d.Refund.ID)
		} else if d.Verdict == eventra.Accept {
			s.seats.Withdraw(d.Change)
		}
	case eventra.Blocked, eventra.Unblocked: // only the store knows that it was made
		if d.Verdict == eventra.Accept {
			s.seats.Withdraw(d.Change)
		}
	case eventra.Released, eventra.Refunded:
		require.Equal(s.t, "refuse not_live", outcome(d))
	case eventra.PaymentEnded, eventra.RefundDue: // only the store knows that the payment has ended
		if d.Verdict == eventra.Accept {
			s.seats.Withdraw(d.Change)
		}
	}
}

func (s *modelSale) reload() { s.seats = s.fresh() }

func (s *modelSale) fresh() *eventra.SeatMap {
	m, err := eventra.NewSeatMap(s.model.snapshot())
	require.NoError(s.t, err)
	return m
}

// check compares everything that readers see.
func (s *modelSale) check() {
	require.NoError(s.t, s.seats.CheckInvariants())
	require.Equal(s.t, s.model.version, s.seats.Version(), "grows with each batch, never goes back")
	view := s.seats.View()
	require.Equal(s.t, s.model.version, view.Version)
	var total eventra.SectionTally
	sections := map[string]*eventra.SectionTally{"A": {}, "B": {}}
	for no, seat := range s.model.seats {
		status := s.model.status(seat.Name())
		require.Equal(s.t, status, view.Status[no], seat.Name())
		require.Equal(s.t, s.model.changed[seat.Name()], view.Changed[no], seat.Name())
		for _, t := range []*eventra.SectionTally{&total, sections[seat.Section]} {
			t.Total++
			t.Available += b2i(status == eventra.SeatAvailable)
			t.Held += b2i(status == eventra.SeatHeld)
			t.Booked += b2i(status == eventra.SeatBooked)
			t.Blocked += b2i(status == eventra.SeatBlocked)
		}
	}
	floor := eventra.SectionTally{Total: modelPlaces, Held: s.model.places(eventra.BookingHeld), Booked: s.model.places(eventra.BookingConfirmed)}
	floor.Available = modelPlaces - floor.Held - floor.Booked
	require.Equal(s.t, s.model.changed[modelFloor], view.Floors[0].Changed)
	require.Equal(s.t, floor.Available, view.Floors[0].Available())
	sections[modelFloor] = &floor
	total.Total, total.Available, total.Held, total.Booked = total.Total+floor.Total, total.Available+floor.Available, total.Held+floor.Held, total.Booked+floor.Booked
	counts := s.seats.Availability()
	require.Equal(s.t, tally(total), tally(counts.Total))
	for _, got := range counts.Sections {
		require.Equal(s.t, got.Name+" "+tally(*sections[got.Name]), tally(got))
	}
	s.checkBookings()
}

// checkBookings compares the live bookings. It looks for a seat that two of them
// own, or that one owns and a change in flight takes.
func (s *modelSale) checkBookings() {
	places := 0
	owner, held, tickets := map[string]eventra.ID{}, 0, map[eventra.ID]int{}
	for id, want := range s.model.bookings {
		got := s.seats.Live(id)
		if _, live := s.model.live(id); !live {
			require.Nil(s.t, got)
			continue
		}
		require.Equal(s.t, []any{want.user, want.status, want.seats, want.expires, want.grace, want.payment},
			[]any{got.UserID, got.Status, got.SeatNames(), got.ExpiresAt, got.PayingUntil, got.PaymentID})
		require.Equal(s.t, want.returned(), got.Total.Amount-got.Refundable())
		s.sameTickets(want.tickets, got)
		held += b2i(got.Status == eventra.BookingHeld)
		tickets[got.UserID] += len(want.has())
		for _, seat := range seated(want.has()) {
			require.NotContains(s.t, owner, seat)
			owner[seat] = id
			places--
		}
		places += len(want.has())
	}
	for _, f := range s.inFlight {
		if f.change.Kind.TakesSeats() {
			b := f.change.Booking
			tickets[b.UserID] += len(b.Items)
			for _, seat := range seated(b.SeatNames()) {
				require.NotContains(s.t, owner, seat)
				owner[seat] = b.ID
				places--
			}
			places += len(b.Items)
		}
	}
	require.LessOrEqual(s.t, places, modelPlaces, "of bookings and claims")
	for user, has := range tickets {
		require.LessOrEqual(s.t, has, s.model.terms.CustomerLimit(), nameOf(user))
	}
	s.seats.Holds(func(*eventra.Booking) { held-- })
	require.Zero(s.t, held)
}
