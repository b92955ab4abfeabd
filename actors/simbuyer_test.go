package actors

import (
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// simEvent is the event of a schedule: a few seats that all buyers want.
type simEvent struct {
	id    eventra.ID
	terms eventra.Terms
	draft bool // at the beginning
	seats []eventra.Seat

	pricing *eventra.Pricing // now
}

const (
	simHold  = 5 * time.Second // how long holds last
	simGrace = 3 * time.Second // how long a running payment keeps its hold
)

func newSimEvent(seats int) *simEvent {
	e := &simEvent{id: idOf('e', 1), terms: eventra.Terms{Status: eventra.EventPublished,
		HoldSeconds: int(simHold / time.Second), MaxSeatsPerBooking: 4, MaxSeatsPerCustomer: 3}}
	for i := range seats {
		e.seats = append(e.seats, eventra.Seat{Section: "A", Row: string(rune('1' + i/simRow)), Number: i%simRow + 1,
			Price: eventra.Money{Amount: 1000, Currency: "EUR"}})
	}
	e.pricing = simPricing(1)
	return e
}

// simPricing is that of the event after so many changes: children pay half.
func simPricing(version int64) *eventra.Pricing {
	return &eventra.Pricing{Version: version, Currency: "EUR", Categories: []eventra.Category{{No: 1, Name: "Stalls"}},
		TicketTypes: []eventra.TicketType{{No: 1, Name: "Adult", Default: true, MinPerBooking: 1, MaxPerBooking: 50},
			{No: 2, Name: "Child", MinPerBooking: 1, MaxPerBooking: 50}},
		Prices: []eventra.Price{{Category: "Stalls", TicketType: "Adult", Amount: 1000 * version},
			{Category: "Stalls", TicketType: "Child", Amount: 500 * version}}}
}

// buyer wants seats, and repeats a command under the same id if it got no answer.
type buyer struct {
	s    *simulation
	user eventra.ID
}

// run makes some holds, one after the other, and pays, releases or forgets them.
func (b *buyer) run() {
	s := b.s
	for range 1 + s.rng.IntN(2) {
		s.sleep(s.between(0, 4*time.Second))
		booking := b.holdSome()
		if booking == nil {
			continue
		}
		s.sleep(s.near(0, 100*time.Millisecond, time.Second, simHold-10*time.Millisecond, simHold+10*time.Millisecond))
		switch s.rng.IntN(5) {
		case 0: // lets it expire
		case 1:
			b.release(booking)
		default:
			b.pay(booking)
		}
	}
}

// holdSome holds some seats, every other time under an idempotency key.
func (b *buyer) holdSome() *eventra.Booking {
	cmd := b.randomHold()
	if b.s.chance(500) {
		return b.holdOnce(cmd)
	}
	return b.hold(cmd)
}

// near is a random duration near one of those given.
func (s *simulation) near(durations ...time.Duration) time.Duration {
	return durations[s.rng.IntN(len(durations))] + s.between(0, 20*time.Millisecond)
}

func (b *buyer) randomHold() *eventra.HoldSeats {
	s := b.s
	s.bookings++
	cmd := &eventra.HoldSeats{BookingID: idOf('b', s.bookings), UserID: b.user}
	if s.chance(250) {
		cmd.Best = &eventra.BestAvailable{Quantity: 1 + s.rng.IntN(3)}
		return cmd
	}
	mixed := s.chance(200)
	if mixed {
		cmd.Items = []eventra.ItemRequest{{Section: simFloorName, Quantity: 1 + s.rng.IntN(3)}}
		if s.chance(500) {
			return cmd
		}
	}
	first, many := s.rng.IntN(len(s.event.seats)), 1+s.rng.IntN(2)
	types := []string{"", "Adult", "Child"}
	byType := mixed || s.chance(300)
	for i := range many {
		name := s.event.seats[(first+i)%len(s.event.seats)].Name()
		if byType {
			cmd.Items = append(cmd.Items, eventra.ItemRequest{Seat: name, TicketType: types[s.rng.IntN(len(types))]})
		} else {
			cmd.Seats = append(cmd.Seats, name)
		}
	}
	return cmd
}

// repeat asks until the event has decided, at most five times.
func (b *buyer) repeat(ask func() (*reply, error)) (*reply, error) {
	for tries := 0; ; tries++ {
		r, err := ask()
		if tries == 4 || !eventra.Undecided(err) {
			return r, err
		}
		b.s.sleep(b.s.between(time.Millisecond, 500*time.Millisecond))
	}
}

// hold is [BoxOffice.Hold], repeated.
func (b *buyer) hold(cmd *eventra.HoldSeats) *eventra.Booking {
	b.s.namesSeats(cmd)
	r, err := b.repeat(func() (*reply, error) { return b.s.network.ask(cmd) })
	switch {
	case errors.Is(err, eventra.ErrRefusedByStore):
		if _, made := b.s.db.bookings[cmd.BookingID]; !made {
			b.s.fail("%s is refused because it was made before, but it was not", nameOf(cmd.BookingID))
		}
		return nil
	case err != nil:
		return nil
	}
	if r.booking.UserID != b.user || r.booking.ID != cmd.BookingID {
		b.s.fail("the answer to %s is %s of %s", nameOf(cmd.BookingID), nameOf(r.booking.ID), nameOf(r.booking.UserID))
	}
	return r.booking
}

func (b *buyer) release(booking *eventra.Booking) {
	b.s.promises[booking.ID].ended = true
	_, _ = b.repeat(func() (*reply, error) {
		return b.s.network.doLive(booking.ID, &eventra.ReleaseHold{BookingID: booking.ID, UserID: b.user})
	})
}

// pay takes the steps of a payment; the payer may be gone after each of them.
func (b *buyer) pay(booking *eventra.Booking) {
	s := b.s
	s.payments++
	id := idOf('p', s.payments)
	_, err := b.repeat(func() (*reply, error) {
		return s.network.doLive(booking.ID, &eventra.StartPayment{PaymentID: id, BookingID: booking.ID, UserID: b.user, Method: "mock", Grace: simGrace})
	})
	payment, started := s.db.payments[id]
	if err != nil && !started || s.chance(100) {
		return
	}
	if !started {
		s.fail("payment %s was started, but is not stored", nameOf(id))
	}
	s.sleep(s.near(time.Millisecond, 100*time.Millisecond, simGrace, simHold))
	outcome := s.gateway.charge(id, s.rng.IntN(4))
	if s.chance(100) {
		return
	}
	b.finish(payment, outcome)
	for s.chance(400) && s.db.bookings[booking.ID].Status == eventra.BookingConfirmed {
		s.refundItems(booking)
	}
	if s.chance(200) && s.db.bookings[booking.ID].Status == eventra.BookingConfirmed {
		s.refund(booking.ID)
	}
}

// finish reports a payment's outcome to the event.
func (b *buyer) finish(payment eventra.Payment, outcome eventra.PaymentStatus) {
	r, err := b.repeat(func() (*reply, error) { return b.s.finish(payment, outcome) })
	if err == nil && r.booking != nil && r.booking.Status == eventra.BookingConfirmed {
		b.s.promise(r.booking)
	}
}

func (s *simulation) finish(payment eventra.Payment, outcome eventra.PaymentStatus) (*reply, error) {
	return s.network.ask(&eventra.FinishPayment{Payment: payment, Outcome: outcome, Items: s.db.bookings[payment.BookingID].Items})
}

// refund is an administrator's.
func (s *simulation) refund(booking eventra.ID) {
	if promise := s.promises[booking]; promise != nil {
		promise.ended = true
	}
	_, _ = s.network.doLive(booking, &eventra.RefundBooking{BookingID: booking})
}

// reconcile ends open payments once, as the reconciler of package payments does.
func (s *simulation) reconcile() {
	for n := 1; n <= s.payments; n++ {
		payment, ok := s.db.payments[idOf('p', n)]
		if ok && payment.Status == eventra.PaymentPending && s.storeTime().After(payment.CreatedAt.Add(simGrace)) {
			_, _ = s.finish(payment, s.gateway.void(payment.ID))
		}
	}
	s.reconcileRefunds()
}

// simGateway is the payment gateway: the outcome of each charge, which stays.
type simGateway map[eventra.ID]eventra.PaymentStatus

// charge takes the money, or declines, or fails.
func (g simGateway) charge(id eventra.ID, dice int) eventra.PaymentStatus {
	if _, known := g[id]; !known {
		g[id] = [...]eventra.PaymentStatus{eventra.PaymentSucceeded, eventra.PaymentSucceeded, eventra.PaymentDeclined, eventra.PaymentFailed}[dice]
	}
	return g[id]
}

// void prevents every later charge, and returns the outcome.
func (g simGateway) void(id eventra.ID) eventra.PaymentStatus {
	if g[id] != eventra.PaymentSucceeded {
		g[id] = eventra.PaymentFailed
	}
	return g[id]
}
