package payments_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// stubborn is a gateway that does not return the money of some payments.
type stubborn struct {
	payments.Gateway
	mu    sync.Mutex
	keeps map[eventra.ID]int // how often it was asked
	hangs bool
}

func (g *stubborn) Refund(ctx context.Context, p eventra.Payment) error {
	g.mu.Lock()
	_, keeps := g.keeps[p.ID]
	if keeps {
		g.keeps[p.ID]++
	}
	g.mu.Unlock()
	switch {
	case keeps && g.hangs:
		<-ctx.Done()
		return ctx.Err()
	case keeps:
		return errors.New("not now")
	}
	return g.Gateway.Refund(ctx, p)
}

// due makes a payment whose money is due back and has not been returned yet.
func (s *sale) due(seat int) eventra.ID {
	s.t.Helper()
	b, err := s.hold(seat)
	require.NoError(s.t, err)
	id := persistencetest.NewID()
	_, _, err = s.processor.Pay(s.context(), eventra.PaymentRequest{PaymentID: id, BookingID: b.ID, UserID: b.UserID, Method: "mock", Token: "tok_ok"})
	require.NoError(s.t, err)
	_, err = s.office.RefundBooking(s.context(), b.ID)
	require.NoError(s.t, err)
	return id
}

// TestReconciler_FailingRefundsStopNoOther: many refunds fail again and again. One that
// is due later is made all the same, and the gateway is not asked for the others all the
// time.
func TestReconciler_FailingRefundsStopNoOther(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		number int
		hangs  bool
	}{"the gateway refuses": {120, false}, "the gateway hangs": {20, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSale(t, c.number+1, 600)
			gateway := &stubborn{Gateway: s.gateway, keeps: map[eventra.ID]int{}, hangs: c.hangs}
			for seat := range c.number {
				gateway.keeps[s.due(seat)] = 0
			}
			later := s.due(c.number)
			s.processor = payments.NewProcessor(s.office, s.db, gateway, slog.New(slog.DiscardHandler), time.Second)
			s.reconcileUntil(func() bool {
				p, err := s.db.Payment(context.Background(), later)
				return err == nil && p.Status == eventra.PaymentRefunded
			})
			tries := 0
			for _, asked := range gateway.keeps {
				require.LessOrEqual(t, asked, 2)
				tries += asked
			}
			require.NotZero(t, tries)
		})
	}
}

// crowd is a store in which open refunds, or open payments, never end.
type crowd struct {
	payments.Store
	ofRefunds bool
	others    chan int // for how many of the other kind it was asked
}

var errAway = errors.New("away")

func (s *crowd) Payment(context.Context, eventra.ID) (*eventra.Payment, error) { return nil, errAway }

func (s *crowd) ClaimOpenRefunds(_ context.Context, _, _, _ time.Duration, limit int) ([]eventra.Refund, error) {
	if s.ofRefunds {
		return make([]eventra.Refund, limit), nil
	}
	return nil, s.ask(limit)
}

func (s *crowd) ClaimOpenPayments(_ context.Context, _, _, _ time.Duration, limit int) ([]eventra.Payment, error) {
	if s.ofRefunds {
		return nil, s.ask(limit)
	}
	return slices.Repeat([]eventra.Payment{{Status: eventra.PaymentRefundPending}}, limit), nil
}

func (s *crowd) ask(limit int) error {
	select {
	case s.others <- limit:
	default:
	}
	return nil
}

// away is a gateway that returns no part of any payment.
type away struct{ payments.Gateway }

func (away) RefundPart(context.Context, eventra.Refund) error { return errAway }

// TestReconciler_NeitherKindStopsTheOther: as many refunds are open as there is room for, again
// and again. Payments are claimed all the same, and the other way round.
func TestReconciler_NeitherKindStopsTheOther(t *testing.T) {
	t.Parallel()
	for name, ofRefunds := range map[string]bool{"refunds": true, "payments": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &crowd{ofRefunds: ofRefunds, others: make(chan int, 3)}
			s := &sale{t: t, processor: payments.NewProcessor(nil, store, away{}, slog.New(slog.DiscardHandler), time.Second)}
			s.reconcileUntil(func() bool { return len(store.others) == cap(store.others) })
			for range cap(store.others) {
				require.NotZero(t, <-store.others, "there is room for them")
			}
		})
	}
}
