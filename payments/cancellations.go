package payments

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

const (
	// cancellationPause is the time between looks for cancellations that found none, and
	// between tries at bookings that could not be refunded.
	cancellationPause = time.Second
	// cancellationSlice is how long an instance works on one event before it counts, and
	// looks whether another event's turn has come.
	cancellationSlice = 5 * time.Second
	// cancellationLease outlasts a slice and the calls that it has begun.
	cancellationLease = 30 * time.Second
	// cancellationPage bounds the bookings that are read at a time.
	cancellationPage = 2000
	// refundsInWave bookings are refunded, refundsAtOnce at a time, and then none for
	// waveRest times as long as that took, and for waveRestMin in any case.
	refundsInWave, refundsAtOnce, waveRest = 16, 4, 3
	waveRestMin                            = 20 * time.Millisecond
)

// CancellationStore knows which cancelled events still have buyers to refund.
type CancellationStore interface {
	// ClaimCancellation gives the caller a cancellation on which work is due, until the
	// lease ends; nil if there is none.
	ClaimCancellation(ctx context.Context, lease time.Duration) (*eventra.CancellationClaim, error)
	// ConfirmedBookings lists up to limit CONFIRMED bookings of an event.
	ConfirmedBookings(ctx context.Context, eventID eventra.ID, limit int) ([]eventra.ID, error)
	// EndCancellationClaim counts what has become of the bookings and gives the claim
	// back. As long as bookings are CONFIRMED, the next one is due after the pause.
	EndCancellationClaim(ctx context.Context, claim *eventra.CancellationClaim, pause time.Duration) error
}

// Cancellations refund the buyers of cancelled events, in waves that leave most of the
// time to the sales of others. A wave consists of ordinary commands, which have the same outcome
// when they are repeated, so whatever a crash leaves undone is done by the next claim.
type Cancellations struct {
	processor *Processor
	store     CancellationStore
	log       *slog.Logger
}

// NewCancellations makes cancellations that refund through a processor.
func NewCancellations(processor *Processor, store CancellationStore, log *slog.Logger) *Cancellations {
	return &Cancellations{processor, store, log}
}

// Run refunds until ctx ends, and then finishes the refunds that it has begun.
func (c *Cancellations) Run(ctx context.Context) {
	for ctx.Err() == nil {
		claim, err := c.store.ClaimCancellation(ctx, cancellationLease)
		if err != nil {
			c.log.Debug("cancellations not read", "error", err)
		}
		if claim != nil {
			c.work(ctx, claim)
		} else if sleep.For(ctx, cancellationPause) != nil {
			return
		}
	}
}

// work refunds bookings of one event for the time of a slice.
func (c *Cancellations) work(ctx context.Context, claim *eventra.CancellationClaim) {
	slice, cancel := context.WithTimeout(ctx, cancellationSlice)
	refunded, err := c.refund(slice, claim.EventID)
	cancel()
	pause := time.Duration(0)
	if refunded == 0 {
		pause = cancellationPause
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if endErr := c.store.EndCancellationClaim(ending, claim, pause); err == nil {
		err = endErr
	}
	if err != nil {
		c.log.Warn("cancellation goes on later", "eventId", claim.EventID, "error", err)
	}
}

// refund returns how many bookings it refunded until it found no more or ctx ended.
func (c *Cancellations) refund(ctx context.Context, event eventra.ID) (refunded int, err error) {
	bookings, err := c.store.ConfirmedBookings(ctx, event, cancellationPage)
	for len(bookings) > 0 && ctx.Err() == nil {
		wave := bookings[:min(refundsInWave, len(bookings))]
		bookings = bookings[len(wave):]
		began := time.Now()
		done, waveErr := c.wave(ctx, wave)
		refunded += done
		if err = waveErr; err != nil && done == 0 {
			return refunded, err
		}
		_ = sleep.For(ctx, max(waveRest*time.Since(began), waveRestMin)) // the loop looks whether ctx has ended
	}
	return refunded, err
}

// wave refunds bookings, a few at a time. It returns how many, and the last error.
func (c *Cancellations) wave(ctx context.Context, bookings []eventra.ID) (refunded int, err error) {
	var mu sync.Mutex
	var working sync.WaitGroup
	places := make(chan struct{}, refundsAtOnce)
	for _, booking := range bookings {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		working.Go(func() {
			defer func() { <-places }()
			refundErr := c.processor.refundCancelled(booking)
			mu.Lock()
			defer mu.Unlock()
			if refundErr != nil {
				err = refundErr
			} else {
				refunded++
			}
		})
	}
	working.Wait()
	return refunded, err
}

// refundCancelled refunds a booking of a cancelled event. Somebody else may have done so.
func (p *Processor) refundCancelled(bookingID eventra.ID) error {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	booking, err := p.events.RefundCancelled(ctx, bookingID)
	if err == nil {
		p.returnMoney(booking.PaymentID)
	}
	return err
}
