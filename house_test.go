package eventra_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

// opening is when every test's sale begins.
var opening = time.Date(2026, 11, 7, 10, 0, 0, 0, time.UTC)

const (
	testHold  = 10 * time.Minute
	testGrace = 30 * time.Second
)

func testTerms() eventra.Terms {
	return eventra.Terms{Status: eventra.EventPublished, HoldSeconds: int(testHold / time.Second), MaxSeatsPerBooking: 6}
}

// named makes an id that nameOf can read: the text, padded with zeros.
func named(name string) (id eventra.ID) {
	copy(id[:], name)
	return id
}

func nameOf(id eventra.ID) string { return string(bytes.TrimRight(id[:], "\x00")) }

// row makes the seats of one row, each at 10 euros in section A and one more
// in each section after it.
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

// empty is a snapshot of a house that has sold nothing.
func empty(terms eventra.Terms, seats []eventra.Seat) *eventra.Snapshot {
	return &eventra.Snapshot{EventID: named("show"), Epoch: 1, Terms: terms, Seats: seats,
		States: make([]eventra.StoredState, len(seats)), Now: opening}
}

// house is a seat map whose shell and store are played by hand: accepted
// changes wait in the flight until they are committed, with the store's own
// guards, or withdrawn.
type house struct {
	*eventra.SeatMap
	now      time.Time
	flight   []*eventra.Change
	payments map[eventra.ID]eventra.Payment // the store's rows
	sold     map[eventra.ID][]eventra.SeatNo
}

func newHouse(t testing.TB, terms eventra.Terms, seats []eventra.Seat) *house {
	t.Helper()
	m, err := eventra.NewSeatMap(empty(terms, seats))
	require.NoError(t, err)
	return &house{SeatMap: m, now: opening,
		payments: map[eventra.ID]eventra.Payment{}, sold: map[eventra.ID][]eventra.SeatNo{}}
}

func (h *house) decide(cmd eventra.Command) eventra.Decision {
	d := h.Decide(cmd, h.now)
	if d.Verdict == eventra.Accept {
		h.flight = append(h.flight, d.Change)
	}
	return d
}

// do decides and commits, and fails the test if that cannot be.
func (h *house) do(t testing.TB, cmds ...eventra.Command) {
	t.Helper()
	for _, cmd := range cmds {
		d := h.decide(cmd)
		require.Equal(t, eventra.Accept, d.Verdict, "%+v: %v", cmd, d.Err)
		require.Empty(t, h.commit())
	}
}

// commit ends the flight as one batch and returns what the store refused.
func (h *house) commit() (refused []*eventra.Change) {
	version := h.Version() + 1
	for _, c := range h.flight {
		if h.guarded(c) {
			h.Withdraw(c)
			refused = append(refused, c)
			continue
		}
		h.Apply(c, version, h.now)
		if c.Kind == eventra.Held {
			for _, s := range c.Booking.Seats {
				h.sold[c.Booking.ID] = append(h.sold[c.Booking.ID], s.No)
			}
		}
		if c.Payment != nil {
			h.payments[c.Payment.ID] = *c.Payment
		}
	}
	h.flight = nil
	return refused
}

// guarded is what the store promises to refuse alone: see ChangeKind.
func (h *house) guarded(c *eventra.Change) bool {
	switch c.Kind {
	case eventra.Expired:
		return h.now.Before(h.Live(c.Booking.ID).Due())
	case eventra.PaymentStarted:
		return !h.now.Before(c.Booking.ExpiresAt)
	case eventra.PaymentEnded, eventra.Rebooked, eventra.RefundDue:
		return h.payments[c.Payment.ID].Status != eventra.PaymentPending
	}
	return false
}

// withdraw ends the flight's changes of the bookings named, or all.
func (h *house) withdraw(bookings ...eventra.ID) {
	kept := h.flight[:0]
	for _, c := range h.flight {
		if len(bookings) > 0 && bookings[0] != subjectOf(c) {
			kept = append(kept, c)
			continue
		}
		h.Withdraw(c)
	}
	h.flight = kept
}

func subjectOf(c *eventra.Change) eventra.ID {
	if c.Payment != nil {
		return c.Payment.BookingID
	}
	return c.Booking.ID
}

// finish is the command that reports a stored payment's outcome.
func (h *house) finish(payment string, outcome eventra.PaymentStatus) *eventra.FinishPayment {
	p := h.payments[named(payment)]
	return &eventra.FinishPayment{Payment: p, Outcome: outcome, Seats: h.sold[p.BookingID]}
}

func hold(booking, user string, seats ...string) *eventra.HoldSeats {
	return &eventra.HoldSeats{BookingID: named(booking), UserID: named(user), Seats: seats}
}

func best(booking string, quantity int, section string) *eventra.HoldSeats {
	return &eventra.HoldSeats{BookingID: named(booking), UserID: named("u1"),
		Best: &eventra.BestAvailable{Quantity: quantity, Section: section}}
}

func pay(payment, booking, user string) *eventra.StartPayment {
	return &eventra.StartPayment{PaymentID: named(payment), BookingID: named(booking), UserID: named(user),
		Method: "mock", Grace: testGrace}
}

// outcome says in words what was decided: the verdict and the kind of the
// change, the status of the booking or the code of the error.
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
}

// tally writes counters as total, available, held and booked.
func tally(t eventra.SectionTally) string {
	return strings.TrimSpace(fmt.Sprintf("%s %d: %d available, %d held, %d booked", t.Name, t.Total, t.Available, t.Held, t.Booked))
}
