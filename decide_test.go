package eventra_test

import (
	"strings"
	"testing"
	"time"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

// bookingStates are the states that a command can meet. Each brings booking b1 of
// user u1 (seats A-1-1 and A-1-2) and its payment p1 there.
var bookingStates = []struct {
	name  string
	reach func(t *testing.T, f *fixture)
}{
	{"none", func(*testing.T, *fixture) {}},
	{"held", reachHeld},
	{"paying", reachPaying},
	{"overdue", func(t *testing.T, f *fixture) { reachHeld(t, f); f.now = f.now.Add(testHold) }},
	{"in grace", reachGrace},
	{"after the grace", func(t *testing.T, f *fixture) { reachGrace(t, f); f.now = f.Live(named("b1")).Due() }},
	{"confirmed", reachConfirmed},
	{"hold in flight", func(_ *testing.T, f *fixture) { f.decide(hold("b1", "u1", "A-1-1", "A-1-2")) }},
	{"end in flight", func(t *testing.T, f *fixture) {
		reachHeld(t, f)
		f.decide(&eventra.ReleaseHold{BookingID: named("b1"), UserID: named("u1")})
	}},
}

func reachHeld(t *testing.T, f *fixture) { f.do(t, hold("b1", "u1", "A-1-1", "A-1-2")) }

func reachPaying(t *testing.T, f *fixture) {
	reachHeld(t, f)
	f.do(t, pay("p1", "b1", "u1"))
}

func reachGrace(t *testing.T, f *fixture) {
	reachHeld(t, f)
	f.now = f.now.Add(testHold - time.Nanosecond)
	f.do(t, pay("p1", "b1", "u1"))
	f.now = f.now.Add(testGrace - time.Nanosecond)
}

func reachConfirmed(t *testing.T, f *fixture) {
	reachPaying(t, f)
	f.do(t, f.finish("p1", eventra.PaymentSucceeded))
}

// finishB1 reports the outcome of a payment for b1's seats, whether or not the
// store has that payment.
func finishB1(payment string, outcome eventra.PaymentStatus) *eventra.FinishPayment {
	return &eventra.FinishPayment{Outcome: outcome, Items: []eventra.Item{{No: 0}, {No: 1}}, Payment: eventra.Payment{
		Amount: eventra.Money{Amount: 2000, Currency: "EUR"},
		ID:     named(payment), BookingID: named("b1"), EventID: named("show"), UserID: named("u1"), Status: eventra.PaymentPending}}
}

func TestSeatMap_Decide_EveryCommandInEveryState(t *testing.T) {
	t.Parallel()
	// The columns of want are the bookingStates.
	tests := []struct {
		name string
		cmd  eventra.Command
		want string
	}{
		{"hold again", hold("b1", "u1", "A-1-1", "A-1-2"),
			"accept Held | answer HELD | answer HELD | answer HELD | answer HELD | answer HELD | answer CONFIRMED | wait | wait"},
		{"hold again, other seats", hold("b1", "u1", "A-1-4"),
			"accept Held | answer HELD | answer HELD | answer HELD | answer HELD | answer HELD | answer CONFIRMED | wait | wait"},
		{"another's hold under the same id", hold("b1", "u2", "A-1-1"),
			"accept Held | refuse not_found | refuse not_found | refuse not_found | refuse not_found | refuse not_found | refuse not_found | wait | wait"},
		{"hold one of the seats", hold("b2", "u2", "A-1-3", "A-1-2"),
			"accept Held | refuse seats_unavailable | refuse seats_unavailable | refuse seats_unavailable | refuse seats_unavailable | refuse seats_unavailable | refuse seats_unavailable | wait | refuse seats_unavailable"},
		{"hold other seats", hold("b2", "u2", "A-1-3"),
			"accept Held | accept Held | accept Held | accept Held | accept Held | accept Held | accept Held | accept Held | accept Held"},
		{"hold a row of five", best("b2", 5, ""),
			"accept Held | refuse not_enough_seats | refuse not_enough_seats | refuse not_enough_seats | refuse not_enough_seats | refuse not_enough_seats | refuse not_enough_seats | wait | refuse not_enough_seats"},
		{"release", &eventra.ReleaseHold{BookingID: named("b1"), UserID: named("u1")},
			"refuse not_live | accept Released | refuse not_cancellable | accept Released | refuse not_cancellable | refuse not_cancellable | refuse not_cancellable | wait | wait"},
		{"release another's", &eventra.ReleaseHold{BookingID: named("b1"), UserID: named("u2")},
			"refuse not_live | refuse not_found | refuse not_found | refuse not_found | refuse not_found | refuse not_found | refuse not_found | wait | wait"},
		{"expire", &eventra.ExpireHold{BookingID: named("b1")},
			"ignore | ignore | ignore | accept Expired | ignore | accept Expired | ignore | ignore | ignore"},
		{"pay", pay("p1", "b1", "u1"),
			"refuse not_live | accept PaymentStarted | answer HELD | refuse hold_expired | answer HELD | answer HELD | answer CONFIRMED | wait | wait"},
		{"pay a second time", pay("p2", "b1", "u1"),
			"refuse not_live | accept PaymentStarted | refuse payment_in_progress | refuse hold_expired | refuse payment_in_progress | refuse payment_in_progress | refuse already_paid | wait | wait"},
		{"pay another's", pay("p1", "b1", "u2"),
			"refuse not_live | refuse not_found | refuse not_found | refuse not_found | refuse not_found | refuse not_found | refuse not_found | wait | wait"},
		{"paid", finishB1("p1", eventra.PaymentSucceeded),
			"accept Rebooked | accept Confirmed | accept Confirmed | accept Confirmed | accept Confirmed | accept Confirmed | answer CONFIRMED | wait | wait"},
		{"paid by another attempt", finishB1("p2", eventra.PaymentSucceeded),
			"accept Rebooked | accept Confirmed | accept Confirmed | accept Confirmed | accept Confirmed | accept Confirmed | accept RefundDue | wait | wait"},
		{"declined", finishB1("p1", eventra.PaymentDeclined),
			"accept PaymentEnded | accept PaymentEnded | accept PaymentEnded | accept PaymentEnded | accept PaymentEnded | accept PaymentEnded | accept PaymentEnded | wait | wait"},
		{"refund", &eventra.RefundBooking{BookingID: named("b1")},
			"refuse not_live | refuse not_refundable | refuse not_refundable | refuse not_refundable | refuse not_refundable | refuse not_refundable | accept Refunded | wait | wait"},
	}
	for _, test := range tests {
		wants := strings.Split(test.want, " | ")
		require.Len(t, wants, len(bookingStates), test.name)
		for i, state := range bookingStates {
			t.Run(test.name+"/"+state.name, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, testTerms(), row("A", "1", numbers(1, 5)...))
				state.reach(t, f)
				d := f.decide(test.cmd)
				require.Equal(t, wants[i], outcome(d), "%v", d.Err)
				require.NoError(t, f.CheckInvariants())
				f.commit()
				require.NoError(t, f.CheckInvariants())
			})
		}
	}
}

func TestSeatMap_DecideHold_ChecksItsInput(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		seats []string
		code  eventra.Code
		seat  []string // named by the error
		field []string // field and code of each fault
	}{
		{"none", nil, eventra.CodeValidationFailed, nil, []string{"seats required"}},
		{"too many", []string{"1", "2", "3", "4", "5", "6", "7"}, eventra.CodeValidationFailed, nil, []string{"seats too_many"}},
		{"twice", []string{"A-1-3", "A-1-4", "A-1-3", "A-1-3"}, eventra.CodeValidationFailed, nil, []string{"seats[2] duplicate", "seats[3] duplicate"}},
		{"unknown", []string{"A-1-3", "A-1-9", "", "a-1-3", "A-1-03"}, eventra.CodeUnknownSeats, []string{"A-1-9", "", "a-1-3", "A-1-03"}, nil},
		{"unknown before taken", []string{"A-1-1", "A-1-9"}, eventra.CodeUnknownSeats, []string{"A-1-9"}, nil},
		{"taken", []string{"A-1-3", "A-1-2", "A-1-1"}, eventra.CodeSeatsUnavailable, []string{"A-1-2", "A-1-1"}, nil},
		{"taken before claimed", []string{"A-1-5", "A-1-2"}, eventra.CodeSeatsUnavailable, []string{"A-1-2"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, testTerms(), row("A", "1", numbers(1, 5)...))
			f.do(t, hold("b1", "u1", "A-1-1", "A-1-2"))
			f.decide(hold("b3", "u3", "A-1-5"))
			d := f.decide(hold("b2", "u2", test.seats...))
			var e *eventra.Error
			require.ErrorAs(t, d.Err, &e)
			require.Equal(t, test.code, e.Code)
			require.Equal(t, test.seat, e.Seats)
			var fields []string
			for _, fault := range e.Fields {
				fields = append(fields, fault.Field+" "+fault.Code)
			}
			require.Equal(t, test.field, fields)
		})
	}
}

func TestSeatMap_DecideHold_KeepsToTheSaleWindow(t *testing.T) {
	t.Parallel()
	closing := opening.Add(time.Hour)
	window := eventra.Terms{Status: eventra.EventPublished, SaleStartsAt: &opening, SaleEndsAt: &closing, HoldSeconds: 5, MaxSeatsPerBooking: 1}
	draft, cancelled, cancelledDraft := window, window, window
	cancelled.Become(eventra.EventCancelled)
	draft.Status, cancelledDraft.Status = eventra.EventDraft, eventra.EventDraft
	cancelledDraft.Become(eventra.EventCancelled)
	tests := []struct {
		name  string
		terms eventra.Terms
		at    time.Time
		want  string
	}{
		{"before", window, opening.Add(-time.Nanosecond), "refuse sale_closed"},
		{"at the start", window, opening, "accept Held"},
		{"before the end", window, closing.Add(-time.Nanosecond), "accept Held"},
		{"at the end", window, closing, "refuse sale_closed"},
		{"draft", draft, opening, "refuse event_not_found"},
		{"cancelled as a draft", cancelledDraft, opening, "refuse event_not_found"},
		{"cancelled", cancelled, opening, "refuse sale_closed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, test.terms, row("A", "1", 1))
			f.now = test.at
			require.Equal(t, test.want, outcome(f.decide(hold("b1", "u1", "A-1-1"))))
		})
	}
}

func TestSeatMap_DecideHold_MakesTheBooking(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testTerms(), append(row("A", "1", 1, 2), row("B", "1", 1)...))
	d := f.decide(hold("b1", "u1", "B-1-1", "A-1-2"))
	f.now = opening.Add(time.Second) // the time of the commit counts, not that of the decision
	f.commit()
	b := d.Change.Booking
	require.Equal(t, []string{"B-1-1", "A-1-2"}, b.SeatNames(), "in the order of the request")
	require.Equal(t, eventra.Money{Amount: 2100, Currency: "EUR"}, b.Total)
	require.Equal(t, f.now, b.CreatedAt)
	require.Equal(t, f.now.Add(testHold), b.ExpiresAt)
	require.Equal(t, named("show"), b.EventID)
	require.Same(t, b, f.Live(b.ID))
	require.Same(t, b, f.decide(hold("b1", "u1", "B-1-1")).Booking)
}

// A booking that was handed out is never written to again.
func TestSeatMap_Decide_NeverWritesToABooking(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testTerms(), row("A", "1", 1, 2))
	reachHeld(t, f)
	held := f.Live(named("b1"))
	before := *held
	f.do(t, pay("p1", "b1", "u1"))
	paying := f.Live(named("b1"))
	require.Equal(t, f.now.Add(testGrace), paying.PayingUntil)
	beforePaid := *paying
	f.do(t, f.finish("p1", eventra.PaymentSucceeded), &eventra.RefundBooking{BookingID: named("b1")})
	require.Equal(t, before, *held)
	require.Equal(t, beforePaid, *paying)
}

func TestSeatMap_DecidePayment_OfACancelledEvent(t *testing.T) {
	t.Parallel()
	terms := testTerms()
	terms.Status = eventra.EventCancelled
	snapshot := empty(terms, row("A", "1", 1))
	snapshot.States[0] = eventra.StoredState{Status: eventra.SeatHeld, Booking: named("b1"), Version: 1}
	snapshot.Bookings = []*eventra.Booking{{ID: named("b1"), EventID: named("show"), UserID: named("u1"), Status: eventra.BookingHeld,
		Items: []eventra.Item{eventra.NewItem(0, &snapshot.Seats[0], "A")}, ExpiresAt: opening.Add(testHold)}}
	m, err := eventra.NewSeatMap(snapshot)
	require.NoError(t, err)
	require.Equal(t, "refuse sale_closed", outcome(m.Decide(pay("p1", "b1", "u1"), opening)))
	late := finishB1("p9", eventra.PaymentSucceeded)
	late.Payment.BookingID, late.Items = named("b9"), []eventra.Item{{No: 0}}
	for name, cmd := range map[string]*eventra.FinishPayment{"of a hold": finishB1("p1", eventra.PaymentSucceeded), "that is late": late} {
		d := m.Decide(cmd, opening)
		require.Equal(t, "accept RefundDue", outcome(d), name)
		require.Equal(t, eventra.CodeSaleClosed, d.Change.Payment.Refusal, name)
	}
}

func TestSeatMap_Decide_PanicsOnAnUnknownCommand(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testTerms(), row("A", "1", 1))
	require.Panics(t, func() { f.Decide(nil, opening) })
}
