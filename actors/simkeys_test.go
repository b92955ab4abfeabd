package actors

import (
	"errors"
	"fmt"
	"time"

	"github.com/eventra/eventra"
)

// holdOnce is a hold under an idempotency key, as package http makes it: each attempt
// offers a booking id of its own. A buyer may lose patience and repeat it meanwhile.
func (b *buyer) holdOnce(cmd *eventra.HoldSeats) *eventra.Booking {
	s := b.s
	key := fmt.Sprintf("k%d", len(s.attempts)+1)
	s.attempts[key] = nil
	if s.chance(300) {
		s.start(nil, func() {
			s.sleep(s.near(0, time.Millisecond, 50*time.Millisecond, 2*time.Second))
			b.attempt(key, cmd)
		})
	}
	made := b.attempt(key, cmd)
	if made.IsZero() {
		return nil
	}
	booking := s.db.bookings[made]
	if booking.Status != eventra.BookingHeld {
		return nil // it has ended since
	}
	s.promise(&booking)
	return &booking
}

// attempt repeats a hold under its key until it has an outcome: the booking, or zero for
// a refusal. Refusals are stored, unless an outcome is stored already.
func (b *buyer) attempt(key string, cmd *eventra.HoldSeats) (made eventra.ID) {
	s := b.s
	r, err := b.repeat(func() (*reply, error) {
		again := *cmd
		if len(s.attempts[key]) > 0 {
			s.bookings++
			again.BookingID = idOf('b', s.bookings)
		}
		s.attempts[key] = append(s.attempts[key], again.BookingID)
		s.namesSeats(&again)
		again.Attempt = &eventra.IdempotencyAttempt{ResourceID: again.BookingID,
			Key: eventra.IdempotencyKey{UserID: b.user, Route: "POST /", Key: key}}
		return s.network.ask(&again)
	})
	made, stored := s.db.keys[key]
	switch {
	case err == nil && (!stored || made != r.booking.ID):
		s.fail("the answer under %s is %s, its outcome %s", key, nameOf(r.booking.ID), nameOf(made))
	case errors.Is(err, eventra.ErrRefusedByStore) && !stored:
		s.fail("a hold is refused because of %s, which was not used", key)
	case err != nil && !stored && !eventra.Undecided(err):
		s.db.keys[key] = eventra.ID{}
	}
	return made
}

// checkKeys looks for keys with two bookings, and for bookings that do not stand under
// their key.
func (s *simulation) checkKeys() {
	for key, ids := range s.attempts {
		for _, id := range ids {
			if _, made := s.db.bookings[id]; made && s.db.keys[key] != id {
				s.fail("booking %s was made under %s, whose outcome is %s", nameOf(id), key, nameOf(s.db.keys[key]))
			}
		}
	}
}
