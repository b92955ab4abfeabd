package load

import (
	"math/rand/v2"
	"time"

	"github.com/eventra/eventra/test/client"
)

// shopper holds seats, and pays for some, gives some back, looks at some.
type shopper struct {
	crowd  *Crowd
	number int
	buyer  *client.Buyer
	target *client.Target
	dice   *rand.Rand
	kept   []kept // bookings to do something about later
}

type kept struct{ event, booking string }

// keptMax bounds what a shopper remembers.
const keptMax = 8

func (s *shopper) shop() {
	for turn := s.number; !s.crowd.over(); turn++ {
		s.step(s.crowd.Sales[turn%len(s.crowd.Sales)])
		// Half to one and a half of the pause, so that shoppers do not march in step.
		pause := time.Duration(float64(s.crowd.Pause) * (0.5 + s.dice.Float64()))
		select {
		case <-s.crowd.stop:
			return
		case <-time.After(pause):
		}
	}
}

func (s *shopper) step(sale *Counter) {
	if !s.crowd.HoldsOnly && len(s.kept) > 0 && (len(s.kept) >= keptMax || s.dice.Float64() < 0.35) {
		s.settle()
		return
	}
	seats := []string{sale.Wanted(s.dice)}
	if s.dice.Float64() >= s.crowd.Contended {
		if fresh := sale.Fresh(1 + s.dice.IntN(2)); fresh != nil {
			seats = fresh
		}
	}
	hold := s.buyer.Hold(s.target, sale.ID, client.NewKey(), seats...)
	s.crowd.note(s.buyer, hold)
	if hold.Succeeded() {
		s.kept = append(s.kept, kept{sale.ID, hold.Booking})
	}
	if s.crowd.HoldsOnly && len(s.kept) > keptMax {
		s.kept = nil
	}
}

// settle does something about one of the bookings: contended seats are to
// change hands, so most are given back.
func (s *shopper) settle() {
	i := s.dice.IntN(len(s.kept))
	k := s.kept[i]
	what := s.dice.Float64()
	if what < 0.2 {
		s.buyer.ReadBooking(s.target, k.event, k.booking)
		return // and keep it
	}
	s.kept[i] = s.kept[len(s.kept)-1]
	s.kept = s.kept[:len(s.kept)-1]
	switch {
	case what < 0.65:
		s.buyer.Release(s.target, k.event, k.booking)
	case what < 0.75:
		s.buyer.Pay(s.target, k.event, k.booking, client.NewKey())
	default: // holds it on
	}
}
