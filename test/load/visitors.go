package load

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Visitors go about a market: they hold seats, alone and in groups, pay in all
// ways, in time and too late, give back, look, and ask again where they were
// told nothing.
type Visitors struct {
	Market  *Market
	Targets []*client.Target
	Buyers  []*client.Buyer
	Number  int
	Pause   time.Duration // between two operations of one
	Seed    uint64

	stop chan struct{}
	once sync.Once
	wg   sync.WaitGroup

	openHolds
}

// Start lets them in.
func (v *Visitors) Start() *Visitors {
	v.stop = make(chan struct{})
	for n := range v.Number {
		one := &visitor{all: v, buyer: v.Buyers[n%len(v.Buyers)], dice: rand.New(rand.NewPCG(v.Seed, uint64(n)))}
		v.wg.Go(one.visit)
	}
	return v
}

// Stop lets them finish what they are at.
func (v *Visitors) Stop() {
	v.once.Do(func() { close(v.stop) })
	v.wg.Wait()
}

type visitor struct {
	all   *Visitors
	buyer *client.Buyer
	dice  *rand.Rand
	kept  []client.Operation // holds to do something about later

	failed bool // the last hold had no outcome
}

func (v *visitor) visit() {
	for {
		// Half to one and a half of the pause, so that they do not march in step.
		select {
		case <-v.all.stop:
			return
		case <-time.After(time.Duration(float64(v.all.Pause) * (0.5 + v.dice.Float64()))):
		}
		if v.step(); v.failed {
			v.failed = false
			select { // as people do who are told to come back later
			case <-v.all.stop:
			case <-time.After(failurePause):
			}
		}
	}
}

// failurePause parts a failure and the next try of one visitor.
const failurePause = 250 * time.Millisecond

// target is any instance: buyers do not keep to one.
func (v *visitor) target() *client.Target { return v.all.Targets[v.dice.IntN(len(v.all.Targets))] }

func (v *visitor) step() {
	if v.buyer.Renew(v.target()) != nil {
		return // another time
	}
	show := v.all.Market.Pick(v.dice.Float64())
	if len(v.kept) >= visitorKeptMax || len(v.kept) > 0 && v.dice.Float64() < 0.6 {
		v.settle()
		return
	}
	switch luck := v.dice.Float64(); {
	case luck < 0.15:
		v.buyer.ReadSeatMap(v.target(), show.ID)
	case luck < 0.3:
		v.note(v.buyer.HoldBest(v.target(), show.ID, client.NewKey(), 1+v.dice.IntN(2)))
	default:
		v.note(v.buyer.Hold(v.target(), show.ID, client.NewKey(), v.seats(show)...))
	}
}

// visitorKeptMax bounds what one remembers.
const visitorKeptMax = 4

// groupMax is the largest group. A group stays in its row, so that what
// happens in other rows can be judged apart.
const groupMax = 3

func (v *visitor) seats(show *Show) (seats []string) {
	row, n := v.dice.IntN(show.Rows), 1+v.dice.IntN(groupMax)
	for _, seat := range v.dice.Perm(show.SeatsPerRow)[:n] {
		seats = append(seats, show.Seat(row*show.SeatsPerRow+seat))
	}
	return seats
}

// note keeps a hold in mind. Who was told nothing mostly asks again.
func (v *visitor) note(hold client.Operation) {
	for tries := 0; !hold.Certain() && tries < 2 && v.dice.Float64() < 0.6; tries++ {
		hold = v.buyer.RetryHold(v.target(), hold)
	}
	v.all.note(v.buyer, hold)
	v.failed = !hold.Certain()
	if hold.Succeeded() {
		v.kept = append(v.kept, hold)
	}
}

// settle does something about a hold; what is left alone expires.
func (v *visitor) settle() {
	n := v.dice.IntN(len(v.kept))
	hold := v.kept[n]
	event, booking := hold.Event, hold.Booking
	luck := v.dice.Float64()
	if luck < 0.15 {
		v.buyer.ReadBooking(v.target(), event, booking)
		return // and keep it
	}
	v.kept[n] = v.kept[len(v.kept)-1]
	v.kept = v.kept[:len(v.kept)-1]
	switch {
	case luck < 0.45:
		v.release(event, booking)
	case luck < 0.75:
		v.pay(event, booking)
	case luck < 0.85 && time.Until(hold.Deadline) > 0 && time.Until(hold.Deadline) < patience:
		select { // until it is about to end
		case <-v.all.stop:
		case <-time.After(time.Until(hold.Deadline) - time.Duration(v.dice.Int64N(int64(300*time.Millisecond)))):
			v.pay(event, booking)
		}
	}
}

// patience is how long one waits for a deadline to pay at the last moment.
const patience = 3 * time.Second

func (v *visitor) release(event, booking string) {
	for tries := 0; tries < 2; tries++ {
		if o := v.buyer.Release(v.target(), event, booking); o.Certain() && !o.NotExecuted() {
			return
		}
	}
}

func (v *visitor) pay(event, booking string) {
	token := client.GoodToken
	switch luck := v.dice.Float64(); {
	case luck < 0.25:
		token = client.DeclinedToken
	case luck < 0.35:
		token = client.ErrorToken
	case luck < 0.6:
		token = slowTokens[v.dice.IntN(len(slowTokens))]
	}
	key := client.NewKey()
	o := v.buyer.PayWith(v.target(), event, booking, key, token)
	for tries := 0; !o.Certain() && tries < 2 && v.dice.Float64() < 0.6; tries++ {
		o = v.buyer.PayWith(v.target(), event, booking, key, token)
	}
	if o.Code == "payment_declined" && v.dice.Float64() < 0.5 {
		v.release(event, booking)
	}
}

// slowTokens are accepted after a while; the last ones take longer than the
// gateway is given.
var slowTokens = []string{"tok_slow_50", "tok_slow_300", "tok_slow_1000", "tok_slow_2000", "tok_slow_4000"}
