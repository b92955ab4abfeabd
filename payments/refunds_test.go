package payments_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// countingRests counts how often the rest of a payment is made due.
type countingRests struct {
	payments.Store
	asked atomic.Int32
}

func (s *countingRests) ReturnRest(ctx context.Context, payment eventra.ID) error {
	s.asked.Add(1)
	return s.Store.ReturnRest(ctx, payment)
}

// TestProcessor_RefundReturnsTheRest: what is left of the money of a booking that refunds of its
// items have ended goes back, too. A booking that is refunded as a whole has no such rest, and the
// store is not asked for it.
func TestProcessor_RefundReturnsTheRest(t *testing.T) {
	t.Parallel()
	for name, inParts := range map[string]bool{"ended by its items": true, "as a whole": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSale(t, 1, 600)
			store := &countingRests{Store: s.db}
			s.processor = payments.NewProcessor(s.office, store, s.gateway, slog.New(slog.DiscardHandler), time.Second)
			b, err := s.hold(0)
			require.NoError(t, err)
			id := persistencetest.NewID()
			_, _, err = s.processor.Pay(s.context(), eventra.PaymentRequest{PaymentID: id, BookingID: b.ID, UserID: b.UserID, Method: "mock", Token: "tok_ok"})
			require.NoError(t, err)
			if inParts {
				part, err := s.processor.RefundItems(s.context(), &eventra.RefundItems{RefundID: persistencetest.NewID(), BookingID: b.ID,
					All: true, Amount: 1, Release: true})
				require.NoError(t, err)
				require.Equal(t, eventra.RefundSucceeded, part.Status)
				require.Equal(t, eventra.BookingRefunded, s.booking(b.ID).Status)
			}
			refunded, err := s.processor.Refund(s.context(), b.ID)
			require.NoError(t, err)
			require.Equal(t, b.Total.Amount, refunded.Refunded)
			require.Equal(t, b.Total.Amount, s.booking(b.ID).Refunded)
			p, err := s.db.Payment(s.context(), id)
			require.NoError(t, err)
			require.Equal(t, eventra.PaymentRefunded, p.Status)
			want := int32(0)
			if inParts {
				want = 1
			}
			require.Equal(t, want, store.asked.Load())
			s.requireConsistent()
		})
	}
}
