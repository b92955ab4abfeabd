package actors

import (
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// house is what is sold: a few seats that all want.
type house struct {
	event eventra.ID
	terms eventra.Terms
	seats []eventra.Seat
}

// simHold and simGrace are how long holds last, and running payments keep them.
const (
	simHold  = 5 * time.Second
	simGrace = 3 * time.Second
)

func newSimHouse(seats int) *house {
	h := &house{event: idOf('e', 1), terms: eventra.Terms{Status: eventra.EventPublished,
		HoldSeconds: int(simHold / time.Second), MaxSeatsPerBooking: 4}}
	for i := range seats {
		h.seats = append(h.seats, eventra.Seat{Section: "A", Row: string(rune('1' + i/4)), Number: i%4 + 1,
			Price: eventra.Money{Amount: 1000, Currency: "EUR"}})
	}
	return h
}

// buyer wants seats, and asks again under the same id where there was no answer.
type buyer struct {
	s    *simulation
	user eventra.ID
}

// shop is a buyer's life: some holds, one after the other, and what comes of them.
func (b *buyer) shop() {
	s := b.s
	for range 1 + s.rng.IntN(2) {
		s.sleep(s.between(0, 4*time.Second))
		booking := b.hold(b.wish())
		if booking == nil {
			continue
		}
		s.sleep(s.pick(0, 100*time.Millisecond, time.Second, simHold-10*time.Millisecond, simHold+10*time.Millisecond))
		switch s.rng.IntN(5) {
		case 0: // forgets about it
		case 1:
			b.release(booking)
		default:
			b.pay(booking)
		}
	}
}

// pick is a time near one of those given.
func (s *simulation) pick(times ...time.Duration) time.Duration {
	return times[s.rng.IntN(len(times))] + s.between(0, 20*time.Millisecond)
}

func (b *buyer) wish() *eventra.HoldSeats {
	s := b.s
	s.bookings++
	cmd := &eventra.HoldSeats{BookingID: idOf('b', s.bookings), UserID: b.user}
	if s.chance(250) {
		cmd.Best = &eventra.BestAvailable{Quantity: 1 + s.rng.IntN(3)}
		return cmd
	}
	first, many := s.rng.IntN(len(s.house.seats)), 1+s.rng.IntN(2)
	for i := range many {
		cmd.Seats = append(cmd.Seats, s.house.seats[(first+i)%len(s.house.seats)].Name())
	}
	return cmd
}

// again asks until there is an answer that is one.
func (b *buyer) again(ask func() (*reply, error)) (*reply, error) {
	for tries := 0; ; tries++ {
		r, err := ask()
		if tries == 4 || !eventra.Undecided(err) {
			return r, err
		}
		b.s.sleep(b.s.between(time.Millisecond, 500*time.Millisecond))
	}
}

// hold is [BoxOffice.Hold], tried a few times.
func (b *buyer) hold(cmd *eventra.HoldSeats) *eventra.Booking {
	r, err := b.again(func() (*reply, error) { return b.s.desk.ask(cmd) })
	switch {
	case errors.Is(err, eventra.ErrRefusedByStore):
		if _, made := b.s.db.bookings[cmd.BookingID]; !made {
			b.s.fail("%s was refused as made before, and was not", nameOf(cmd.BookingID))
		}
		return nil
	case err != nil:
		return nil
	}
	if r.booking.UserID != b.user || r.booking.ID != cmd.BookingID {
		b.s.fail("%s is answered with %s of %s", nameOf(cmd.BookingID), nameOf(r.booking.ID), nameOf(r.booking.UserID))
	}
	return r.booking
}

func (b *buyer) release(booking *eventra.Booking) {
	b.s.promises[booking.ID].ended = true
	_, _ = b.again(func() (*reply, error) {
		return b.s.desk.askAbout(booking.ID, &eventra.ReleaseHold{BookingID: booking.ID, UserID: b.user})
	})
}

// askAbout is [Directory.doTo]: an activation that knows nothing of a live
// booking has to read anew.
func (d *desk) askAbout(booking eventra.ID, cmd eventra.Command) (*reply, error) {
	r, err := d.ask(cmd)
	if !errors.Is(err, eventra.ErrNotLive) || !d.s.db.bookings[booking].Status.Live() {
		return r, err
	}
	if _, err := d.once(d.locate(), &reload{}, askTimeout); err != nil {
		return nil, err
	}
	return d.ask(cmd)
}

// pay is [PaymentProcessor.Pay] by somebody who may be gone at any moment.
func (b *buyer) pay(booking *eventra.Booking) {
	s := b.s
	s.payments++
	id := idOf('p', s.payments)
	_, err := b.again(func() (*reply, error) {
		return s.desk.askAbout(booking.ID, &eventra.StartPayment{PaymentID: id, BookingID: booking.ID, UserID: b.user, Method: "mock", Grace: simGrace})
	})
	payment, started := s.db.payments[id]
	if err != nil && !started || s.chance(100) {
		return
	}
	if !started {
		s.fail("payment %s was started, and is not stored", nameOf(id))
	}
	s.sleep(s.pick(time.Millisecond, 100*time.Millisecond, simGrace, simHold))
	outcome := s.bank.charge(id, s.rng.IntN(4))
	if s.chance(100) {
		return
	}
	b.finish(payment, outcome)
	if s.chance(200) && s.db.bookings[booking.ID].Status == eventra.BookingConfirmed {
		s.refund(booking.ID)
	}
}

// finish reports a payment's outcome.
func (b *buyer) finish(payment eventra.Payment, outcome eventra.PaymentStatus) {
	r, err := b.again(func() (*reply, error) { return b.s.finish(payment, outcome) })
	if err == nil && r.booking != nil && r.booking.Status == eventra.BookingConfirmed {
		b.s.promise(r.booking)
	}
}

func (s *simulation) finish(payment eventra.Payment, outcome eventra.PaymentStatus) (*reply, error) {
	cmd := &eventra.FinishPayment{Payment: payment, Outcome: outcome}
	for _, seat := range s.db.bookings[payment.BookingID].Seats {
		cmd.Seats = append(cmd.Seats, seat.No)
	}
	return s.desk.ask(cmd)
}

// refund is an admin's.
func (s *simulation) refund(booking eventra.ID) {
	if promise := s.promises[booking]; promise != nil {
		promise.ended = true
	}
	_, _ = s.desk.askAbout(booking, &eventra.RefundBooking{BookingID: booking})
}

// reconcile is [PaymentProcessor.Reconcile], once.
func (s *simulation) reconcile() {
	for n := 1; n <= s.payments; n++ {
		payment, ok := s.db.payments[idOf('p', n)]
		if ok && payment.Status == eventra.PaymentPending && s.storeTime().After(payment.CreatedAt.Add(simGrace)) {
			_, _ = s.finish(payment, s.bank.void(payment.ID))
		}
	}
}

// bank is the payment gateway: what it said of a charge stays.
type bank map[eventra.ID]eventra.PaymentStatus

// charge takes money, or does not.
func (g bank) charge(id eventra.ID, dice int) eventra.PaymentStatus {
	if _, known := g[id]; !known {
		g[id] = [...]eventra.PaymentStatus{eventra.PaymentSucceeded, eventra.PaymentSucceeded, eventra.PaymentDeclined, eventra.PaymentFailed}[dice]
	}
	return g[id]
}

// void sees to it that no money is taken any more, and tells whether it was.
func (g bank) void(id eventra.ID) eventra.PaymentStatus {
	if g[id] != eventra.PaymentSucceeded {
		g[id] = eventra.PaymentFailed
	}
	return g[id]
}
