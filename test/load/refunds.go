package load

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

// paid is a booking that was paid for, made by a hold or by its late payment.
type paid struct {
	hold    client.Operation
	booking string
}

const (
	// paidMax bounds the bookings that a worker remembers to refund.
	paidMax = 4
	// refundShare is the probability of a refund where there is something to refund.
	refundShare = 0.12
	// refundPause is the pause between two tries of a refund, of which another may be under way.
	refundPause = 100 * time.Millisecond
	// refundsAtOnce is how many ask for the same money at once.
	refundsAtOnce = 4
)

// refund returns money of a booking: several ask at once, under one key or under keys of their
// own, for the same items, for an amount, or for everything beside a part.
func (w *mixWorker) refund() {
	n := w.random.IntN(len(w.paid))
	p := w.paid[n]
	item := client.Refund{Items: []int{1 + w.random.IntN(len(p.hold.Items))}, Amount: client.ItemsPrice, Released: w.random.Float64() < 0.7}
	var requests []func()
	ended := false
	switch choice := w.random.Float64(); {
	case choice < 0.25: // under one key
		requests = slices.Repeat([]func(){w.refundOf(p, item)}, refundsAtOnce)
	case choice < 0.5:
		for range refundsAtOnce {
			requests = append(requests, w.refundOf(p, item))
		}
	case choice < 0.7:
		amount := client.Refund{Amount: 1 + w.random.Int64N(p.hold.Total)}
		requests = append(requests, w.refundOf(p, amount), w.refundOf(p, amount), w.refundOf(p, item))
	case choice < 0.9:
		requests, ended = append(requests, w.refundOf(p, item), w.refundOfRest(p), w.refundOfRest(p)), true
	default:
		all := client.Refund{All: true, Amount: client.ItemsPrice, Released: true}
		requests, ended = append(requests, w.refundOf(p, all), w.refundOf(p, all)), true
	}
	if ended {
		w.paid = slices.Delete(w.paid, n, n+1)
	}
	var all sync.WaitGroup
	for _, request := range requests {
		all.Go(request)
	}
	all.Wait()
}

// refundOf returns a request for a refund, which keeps its key.
func (w *mixWorker) refundOf(p paid, r client.Refund) func() {
	key := client.NewKey()
	return w.retried(func(at *client.Target) client.Operation {
		return w.mix.Admin.RefundPart(at, p.hold.Event, p.booking, key, r)
	})
}

func (w *mixWorker) refundOfRest(p paid) func() {
	key := client.NewKey()
	return w.retried(func(at *client.Target) client.Operation {
		return w.mix.Admin.RefundRest(at, p.hold.Event, p.booking, key)
	})
}

// retried sends a request to any instance, again if its outcome is unknown.
func (w *mixWorker) retried(send func(*client.Target) client.Operation) func() {
	return func() {
		for range 1 + retriesMax {
			if o := send(w.mix.Targets[rand.IntN(len(w.mix.Targets))]); o.Certain() || wait.Sleep(w.mix.ctx, refundPause) != nil {
				return
			}
		}
	}
}
