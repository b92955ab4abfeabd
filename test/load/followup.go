package load

import (
	"cmp"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

const (
	// lastMomentMax is how long a worker waits for a deadline in order to pay at the
	// last moment.
	lastMomentMax = 3 * time.Second
	// lastMomentSpread is how long before the deadline such a payment may begin.
	lastMomentSpread = 300 * time.Millisecond
	// releaseTries bounds the tries of a release.
	releaseTries = 2
)

// followUp reads, releases, pays or abandons a hold.
func (w *mixWorker) followUp() {
	n := w.random.IntN(len(w.held))
	hold := w.held[n]
	event, booking := hold.Event, hold.Booking
	choice := w.random.Float64()
	if choice < 0.15 {
		w.buyer.ReadBooking(w.target(), event, booking)
		return // and follow it up later
	}
	w.held[n] = w.held[len(w.held)-1]
	w.held = w.held[:len(w.held)-1]
	switch {
	case choice < 0.45:
		w.release(event, booking)
	case choice < 0.75:
		w.pay(hold)
	case choice < 0.85 && time.Until(hold.Deadline) > 0 && time.Until(hold.Deadline) < lastMomentMax:
		if wait.Sleep(w.mix.ctx, time.Until(hold.Deadline)-time.Duration(w.random.Int64N(int64(lastMomentSpread)))) == nil {
			w.pay(hold)
		}
	}
}

func (w *mixWorker) release(event, booking string) {
	for range releaseTries {
		if o := w.buyer.Release(w.target(), event, booking); o.Certain() && !o.NotExecuted() {
			return
		}
	}
}

// pay pays for a hold, now and then while an administrator tries to refund it.
func (w *mixWorker) pay(hold client.Operation) {
	event, booking := hold.Event, hold.Booking
	if w.random.Float64() < 0.1 {
		tooEarly := w.refundOf(paid{hold, booking}, client.Refund{Items: []int{1}, Amount: client.ItemsPrice, Released: true})
		w.mix.wg.Go(tooEarly)
	}
	token := client.GoodToken
	switch choice := w.random.Float64(); {
	case choice < 0.25:
		token = client.DeclinedToken
	case choice < 0.35:
		token = client.ErrorToken
	case choice < 0.6:
		token = slowTokens[w.random.IntN(len(slowTokens))]
	}
	key := client.NewKey()
	o := w.buyer.PayWith(w.target(), event, booking, key, token)
	for retries := 0; !o.Certain() && retries < retriesMax && w.random.Float64() < retryShare; retries++ {
		o = w.buyer.PayWith(w.target(), event, booking, key, token)
	}
	if o.Succeeded() {
		w.paid = append(w.paid[max(0, len(w.paid)-paidMax+1):], paid{hold, cmp.Or(o.Successor, booking)})
	}
	if o.Code == "payment_declined" && w.random.Float64() < 0.5 {
		w.release(event, booking)
	}
}

// slowTokens are accepted after a delay. The last one exceeds the gateway's timeout.
var slowTokens = []string{"tok_slow_50", "tok_slow_300", "tok_slow_1000", "tok_slow_2000", "tok_slow_4000"}
