package load

import (
	"math/rand/v2"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

// worker is one buyer of a closed loop.
type worker struct {
	load   *ClosedLoop
	number int
	buyer  *client.Buyer
	target *client.Target
	random *rand.Rand
	held   []held // bookings to follow up
}

type held struct{ event, booking string }

const (
	// heldMax bounds the bookings that a worker follows up.
	heldMax = 8
	// contendedShare is the share of holds that request contended seats.
	contendedShare = 0.3
)

func (w *worker) run() {
	for turn := w.number; w.load.next(); turn++ {
		w.step(w.load.Sales[turn%len(w.load.Sales)])
		if wait.Sleep(w.load.ctx, jitter(w.random, w.load.Pause)) != nil {
			return
		}
	}
}

// jitter returns half to one and a half of a pause, so that workers do not run in
// lockstep.
func jitter(random *rand.Rand, pause time.Duration) time.Duration {
	return time.Duration(float64(pause) * (0.5 + random.Float64()))
}

func (w *worker) step(sale *SeatSource) {
	if len(w.held) > 0 && (len(w.held) >= heldMax || w.random.Float64() < 0.35) {
		w.followUp()
		return
	}
	seats := []string{sale.Contended(w.random)}
	if w.random.Float64() >= contendedShare {
		if fresh := sale.Fresh(1 + w.random.IntN(2)); fresh != nil {
			seats = fresh
		}
	}
	hold := w.buyer.Hold(w.target, sale.ID, client.NewKey(), seats...)
	w.load.note(w.buyer, hold)
	if hold.Succeeded() {
		w.held = append(w.held, held{sale.ID, hold.Booking})
	}
}

// followUp reads, releases, pays or abandons a booking. Most are released, so that
// contended seats change hands.
func (w *worker) followUp() {
	i := w.random.IntN(len(w.held))
	h := w.held[i]
	choice := w.random.Float64()
	if choice < 0.2 {
		w.buyer.ReadBooking(w.target, h.event, h.booking)
		return // and follow it up later
	}
	w.held[i] = w.held[len(w.held)-1]
	w.held = w.held[:len(w.held)-1]
	switch {
	case choice < 0.65:
		w.buyer.Release(w.target, h.event, h.booking)
	case choice < 0.75:
		w.buyer.Pay(w.target, h.event, h.booking, client.NewKey())
	default: // the hold goes on
	}
}
