package load

import (
	"math/rand/v2"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

// Mix is a number of buyers who mix all operations on a rotation of events: holds
// of named and of best seats, with ticket types where there are some, payments of every outcome, in time and too late,
// releases, refunds by an administrator, reads, and retries of operations without an answer.
type Mix struct {
	Rotation *Rotation
	Targets  []*client.Target
	Buyers   []*client.Buyer
	Admin    *client.Admin // refunds what they have bought
	Workers  int
	Pause    time.Duration // between two operations of a worker
	Seed     uint64

	generator
	unknownHolds
}

// Start starts the load.
func (m *Mix) Start() *Mix {
	m.begin()
	for n := range m.Workers {
		w := &mixWorker{mix: m, buyer: m.Buyers[n%len(m.Buyers)], random: rand.New(rand.NewPCG(m.Seed, uint64(n)))}
		m.wg.Go(w.run)
	}
	return m
}

// mixWorker is one buyer of a mix.
type mixWorker struct {
	mix    *Mix
	buyer  *client.Buyer
	random *rand.Rand
	held   []client.Operation // holds to follow up
	paid   []paid             // bookings to refund
	failed bool               // the last hold has no outcome
}

// failurePause is the additional pause after a failure, as if the buyer had been
// told to come back later.
const failurePause = 250 * time.Millisecond

func (w *mixWorker) run() {
	for wait.Sleep(w.mix.ctx, jitter(w.random, w.mix.Pause)) == nil {
		if w.step(); w.failed {
			w.failed = false
			_ = wait.Sleep(w.mix.ctx, failurePause) // the loop ends by the next sleep
		}
	}
}

// target returns any of the targets: buyers do not keep to one instance.
func (w *mixWorker) target() *client.Target {
	return w.mix.Targets[w.random.IntN(len(w.mix.Targets))]
}

func (w *mixWorker) step() {
	if w.buyer.Renew(w.target()) != nil {
		return // another time
	}
	if len(w.paid) > 0 && w.random.Float64() < refundShare && w.mix.Admin.LogIn(w.target()) == nil {
		w.refund()
		return
	}
	event := w.mix.Rotation.Pick(w.random.Float64())
	if len(w.held) >= mixHeldMax || len(w.held) > 0 && w.random.Float64() < 0.6 {
		w.followUp()
		return
	}
	switch choice := w.random.Float64(); {
	case choice < 0.15:
		w.buyer.ReadSeatMap(w.target(), event.ID)
	case choice < 0.65 && event.Priced:
		w.stepTypes(event)
	case choice < 0.6 && event.Places > 0:
		w.stepPlaces(event)
	case choice < 0.3:
		w.keep(w.buyer.HoldBest(w.target(), event.ID, client.NewKey(), 1+w.random.IntN(2)))
	default:
		w.keep(w.buyer.Hold(w.target(), event.ID, client.NewKey(), w.seats(event)...))
	}
}

// stepTypes is a hold by ticket types. A few ask for more children than are allowed.
func (w *mixWorker) stepTypes(event *Event) {
	best := w.random.Float64() < 0.2
	seats := w.seats(event)
	types := make([]string, len(seats))
	for i := range types {
		if types[i] = client.Adult; w.random.IntN(2) == 0 {
			types[i] = client.Child
		}
	}
	if best {
		w.keep(w.buyer.HoldBestTypes(w.target(), event.ID, client.NewKey(), types))
		return
	}
	w.keep(w.buyer.HoldTypes(w.target(), event.ID, client.NewKey(), seats, types))
}

// stepPlaces is a hold of places, every other time together with seats.
func (w *mixWorker) stepPlaces(event *Event) {
	var seats []string
	if w.random.IntN(2) == 0 {
		seats = w.seats(event)
	}
	w.keep(w.buyer.HoldMixed(w.target(), event.ID, client.NewKey(), 1+w.random.IntN(groupMax), seats...))
}

const (
	// mixHeldMax bounds the holds that a worker follows up.
	mixHeldMax = 4
	// groupMax bounds the seats of a hold. They are in one row, so that rows can be
	// judged separately.
	groupMax = 3
	// retryShare is the probability of a retry after an operation without an answer,
	// retriesMax their number.
	retryShare, retriesMax = 0.6, 2
)

func (w *mixWorker) seats(event *Event) (seats []string) {
	row, n := w.random.IntN(event.Rows), 1+w.random.IntN(groupMax)
	for _, seat := range w.random.Perm(event.SeatsPerRow)[:n] {
		seats = append(seats, event.Seat(row*event.SeatsPerRow+seat))
	}
	return seats
}

// keep remembers a hold, after retries if its outcome is unknown.
func (w *mixWorker) keep(hold client.Operation) {
	for retries := 0; !hold.Certain() && retries < retriesMax && w.random.Float64() < retryShare; retries++ {
		hold = w.buyer.RetryHold(w.target(), hold)
	}
	w.mix.note(w.buyer, hold)
	w.failed = !hold.Certain()
	if hold.Succeeded() {
		w.held = append(w.held, hold)
	}
}
