package eventra_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// opening is the time at which the sale of every test begins.
var opening = time.Date(2026, 11, 7, 10, 0, 0, 0, time.UTC)

const (
	testHold  = 10 * time.Minute
	testGrace = 30 * time.Second
)

func testTerms() eventra.Terms {
	return eventra.Terms{Status: eventra.EventPublished, HoldSeconds: int(testHold / time.Second), MaxSeatsPerBooking: 6,
		MaxSeatsPerCustomer: 100}
}

func draftTerms() eventra.Terms {
	terms := testTerms()
	terms.Status = eventra.EventDraft
	return terms
}

// named makes an id that nameOf can read: the text, padded with zero bytes.
func named(name string) (id eventra.ID) {
	copy(id[:], name)
	return id
}

func nameOf(id eventra.ID) string { return string(bytes.TrimRight(id[:], "\x00")) }

// row makes the seats of one row. A seat costs 10 euros in section A, 11 in
// section B, and so on.
func row(section, label string, numbers ...int) (seats []eventra.Seat) {
	price := eventra.Money{Amount: 1000 + 100*int64(section[0]-'A'), Currency: "EUR"}
	for _, n := range numbers {
		seats = append(seats, eventra.Seat{Section: section, Row: label, Number: n, Price: price})
	}
	return seats
}

func numbers(from, to int) (list []int) {
	for n := from; n <= to; n++ {
		list = append(list, n)
	}
	return list
}

// empty is a snapshot of an event that has sold nothing.
func empty(terms eventra.Terms, seats []eventra.Seat) *eventra.Snapshot {
	return &eventra.Snapshot{EventID: named("show"), Epoch: 1, Terms: terms, Seats: seats,
		States: make([]eventra.StoredState, len(seats)), Now: opening}
}

// fixture is a seat map under test with a store played by hand. Accepted changes
// stay in flight until commit, which has the store's guards, or withdraw.
type fixture struct {
	*eventra.SeatMap
	now      time.Time
	inFlight []*eventra.Change
	payments map[eventra.ID]eventra.Payment // the store's rows
	refunds  map[eventra.ID]eventra.Refund  // likewise
	held     map[eventra.ID][]eventra.Item  // by booking, live or ended
	blocks   map[eventra.ID]bool            // the store's rows of blockings
	snapshot *eventra.Snapshot              // of the beginning
}

func newFixture(t rapid.TB, terms eventra.Terms, seats []eventra.Seat, floors ...eventra.StoredFloor) *fixture {
	t.Helper()
	snapshot := empty(terms, seats)
	snapshot.Floors = floors
	m, err := eventra.NewSeatMap(snapshot)
	require.NoError(t, err)
	return &fixture{SeatMap: m, now: opening, snapshot: snapshot,
		payments: map[eventra.ID]eventra.Payment{}, refunds: map[eventra.ID]eventra.Refund{}, held: map[eventra.ID][]eventra.Item{}, blocks: map[eventra.ID]bool{}}
}

func (f *fixture) decide(cmd eventra.Command) eventra.Decision {
	d := f.Decide(cmd, f.now)
	if d.Verdict == eventra.Accept {
		f.inFlight = append(f.inFlight, d.Change)
	}
	return d
}

// do decides and commits each command, and fails the test unless both succeed.
func (f *fixture) do(t rapid.TB, cmds ...eventra.Command) {
	t.Helper()
	for _, cmd := range cmds {
		d := f.decide(cmd)
		require.Equal(t, eventra.Accept, d.Verdict, "%+v: %v", cmd, d.Err)
		require.Empty(t, f.commit())
	}
}

// commit commits the changes in flight as one batch. It returns those that the
// store refused.
func (f *fixture) commit() (refused []*eventra.Change) {
	version := f.Version() + 1
	for _, c := range f.inFlight {
		if f.refuses(c) {
			f.Withdraw(c)
			refused = append(refused, c)
			continue
		}
		f.Apply(c, version, f.now)
		if c.Kind.TakesSeats() {
			f.held[c.Booking.ID] = c.Booking.Items
		}
		if c.Blocking != nil {
			f.blocks[c.Blocking.ID] = true
		}
		if c.Payment != nil {
			f.payments[c.Payment.ID] = *c.Payment
		}
		if c.Refund != nil {
			f.refunds[c.Refund.ID] = *c.Refund
		}
	}
	f.inFlight = nil
	return refused
}

// become gives the event another status.
func (f *fixture) become(t testing.TB, status eventra.EventStatus) {
	t.Helper()
	f.change(t, func(terms *eventra.Terms) { terms.Become(status) })
}

// change changes the event's terms: the next activation reads them. Nothing may be in flight.
func (f *fixture) change(t testing.TB, edit func(*eventra.Terms)) {
	t.Helper()
	require.Empty(t, f.inFlight)
	next := *f.snapshot
	next.Terms = f.Terms()
	edit(&next.Terms)
	next.States, next.Bookings = make([]eventra.StoredState, len(next.Seats)), nil
	view := f.View()
	next.Floors = nil
	for _, floor := range view.Floors {
		next.Floors = append(next.Floors, eventra.StoredFloor{Floor: floor.Floor, Blocked: floor.Blocked, Taken: floor.Held + floor.Booked, Version: floor.Changed})
	}
	for no := range next.States {
		next.States[no] = eventra.StoredState{Status: view.Status[no], Version: view.Changed[no]}
	}
	for id := range f.held {
		if b := f.Live(id); b != nil {
			next.Bookings = append(next.Bookings, b)
			for _, seat := range b.OwnSeats() {
				next.States[seat.No].Booking = id
			}
		}
	}
	m, err := eventra.NewSeatMap(&next)
	require.NoError(t, err)
	f.SeatMap = m
}

// refuses is the store's guards: the changes that it refuses alone. See ChangeKind.
func (f *fixture) refuses(c *eventra.Change) bool {
	switch c.Kind {
	case eventra.Blocked, eventra.Unblocked:
		return f.blocks[c.Blocking.ID]
	case eventra.Expired:
		return f.now.Before(f.Live(c.Booking.ID).Due())
	case eventra.PaymentStarted:
		return !f.now.Before(c.Booking.ExpiresAt)
	case eventra.ItemsRefunded:
		_, used := f.refunds[c.Refund.ID]
		return used
	case eventra.RefundEnded:
		return f.refunds[c.Refund.ID].Status != eventra.RefundPending
	case eventra.PaymentEnded, eventra.Rebooked, eventra.RefundDue:
		return f.payments[c.Payment.ID].Status != eventra.PaymentPending
	}
	return false
}

// withdraw withdraws the change in flight of one booking, or all of them.
func (f *fixture) withdraw(bookings ...eventra.ID) {
	kept := f.inFlight[:0]
	for _, c := range f.inFlight {
		if len(bookings) > 0 && bookings[0] != subjectOf(c) {
			kept = append(kept, c)
			continue
		}
		f.Withdraw(c)
	}
	f.inFlight = kept
}

func subjectOf(c *eventra.Change) eventra.ID {
	if c.Blocking != nil {
		return c.Blocking.ID
	}
	if c.Payment != nil {
		return c.Payment.BookingID
	}
	if c.Refund != nil {
		return c.Refund.BookingID
	}
	return c.Booking.ID
}

// finish makes the command that reports the outcome of a stored payment.
func (f *fixture) finish(payment string, outcome eventra.PaymentStatus) *eventra.FinishPayment {
	p := f.payments[named(payment)]
	return &eventra.FinishPayment{Payment: p, Outcome: outcome, Items: f.held[p.BookingID]}
}

func hold(booking, user string, seats ...string) *eventra.HoldSeats {
	return &eventra.HoldSeats{BookingID: named(booking), UserID: named(user), Seats: seats}
}

// holdItems is hold, where 2xF asks for two places of section F.
func holdItems(booking, user string, tickets ...string) *eventra.HoldSeats {
	cmd := hold(booking, user)
	for _, ticket := range tickets {
		quantity, section, _ := strings.Cut(ticket, "x")
		if n, err := strconv.Atoi(quantity); err == nil && section != "" {
			cmd.Items = append(cmd.Items, eventra.ItemRequest{Section: section, Quantity: n})
		} else {
			cmd.Items = append(cmd.Items, eventra.ItemRequest{Seat: ticket})
		}
	}
	if !cmd.AsksForPlaces() {
		return hold(booking, user, tickets...)
	}
	return cmd
}

// giveBack makes the command that returns the price of items and releases them.
func giveBack(refund, booking string, items ...int) *eventra.RefundItems {
	return &eventra.RefundItems{RefundID: named(refund), BookingID: named(booking), Items: items, Amount: eventra.ItemsPrice, Release: true}
}

// end makes the command that reports the outcome of a stored refund.
func (f *fixture) end(refund string, outcome eventra.RefundStatus) *eventra.EndRefund {
	return &eventra.EndRefund{Refund: f.refunds[named(refund)], Outcome: outcome}
}

// block makes the command that blocks the named seats, or a section or a row, such as A or A-1; unblock the
// one that gives them back.
func block(id string, seats ...string) *eventra.SetBlocked {
	return &eventra.SetBlocked{BlockingID: named(id), Author: named("admin"), Blocked: true, Reason: "press", Selection: selection(seats)}
}

func unblock(id string, seats ...string) *eventra.SetBlocked {
	return &eventra.SetBlocked{BlockingID: named(id), Author: named("admin"), Selection: selection(seats)}
}

func selection(seats []string) (s eventra.SeatSelection) {
	if len(seats) == 1 && strings.Count(seats[0], "-") < 2 {
		s.Section, s.Row, _ = strings.Cut(seats[0], "-")
		return s
	}
	return eventra.SeatSelection{Seats: seats}
}

func best(booking string, quantity int, section string) *eventra.HoldSeats {
	return &eventra.HoldSeats{BookingID: named(booking), UserID: named("u1"),
		Best: &eventra.BestAvailable{Quantity: quantity, Section: section}}
}

func pay(payment, booking, user string) *eventra.StartPayment {
	return &eventra.StartPayment{PaymentID: named(payment), BookingID: named(booking), UserID: named(user),
		Method: "mock", Grace: testGrace}
}

// outcome puts a decision into words: the verdict, and the kind of the change, the
// status of the booking or the code of the error.
func outcome(d eventra.Decision) string {
	switch d.Verdict {
	case eventra.Accept:
		return "accept " + kindNames[d.Change.Kind]
	case eventra.Answer:
		return "answer " + string(d.Booking.Status)
	case eventra.Wait:
		return "wait"
	case eventra.Ignore:
		return "ignore"
	}
	if errors.Is(d.Err, eventra.ErrNotLive) {
		return "refuse not_live"
	}
	return "refuse " + string(eventra.CodeOf(d.Err))
}

var kindNames = map[eventra.ChangeKind]string{
	eventra.Held: "Held", eventra.Released: "Released", eventra.Expired: "Expired",
	eventra.PaymentStarted: "PaymentStarted", eventra.PaymentEnded: "PaymentEnded", eventra.Confirmed: "Confirmed",
	eventra.Rebooked: "Rebooked", eventra.RefundDue: "RefundDue", eventra.Refunded: "Refunded",
	eventra.Blocked: "Blocked", eventra.Unblocked: "Unblocked", eventra.ItemsRefunded: "ItemsRefunded", eventra.RefundEnded: "RefundEnded",
}

// tally puts counters into words.
func tally(t eventra.SectionTally) string {
	text := strings.TrimSpace(fmt.Sprintf("%s %d: %d available, %d held, %d booked", t.Name, t.Total, t.Available, t.Held, t.Booked))
	if t.Blocked > 0 {
		text += fmt.Sprintf(", %d blocked", t.Blocked)
	}
	return text
}
