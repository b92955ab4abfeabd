package payments_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// TestReconciler_LatePayment: money that was taken after the hold expired buys
// the same seats again if they are free, and is returned if they are not.
func TestReconciler_LatePayment(t *testing.T) {
	t.Parallel()
	for _, resold := range []bool{false, true} {
		t.Run(fmt.Sprintf("resold=%v", resold), func(t *testing.T) {
			t.Parallel()
			s := newSale(t, 2, 5)
			b, err := s.hold(0)
			require.NoError(t, err)
			// An instance that dies right after the gateway took the money
			// leaves this: an attempt past its grace, and a charge.
			payment := eventra.Payment{ID: persistencetest.NewID(), BookingID: b.ID, EventID: s.event, UserID: b.UserID, Method: "mock", Amount: b.Total}
			_, _, err = s.office.StartPayment(s.context(), &eventra.StartPayment{PaymentID: payment.ID, BookingID: b.ID, UserID: b.UserID, Method: "mock"})
			require.NoError(t, err)
			require.NoError(t, s.gateway.Charge(t.Context(), payment, "tok_ok"))
			require.Eventually(t, func() bool { return s.booking(b.ID).Status == eventra.BookingExpired }, 9*time.Second, 20*time.Millisecond)
			if resold { // as soon as the event has applied what is stored already
				require.Eventually(t, func() bool {
					_, err := s.hold(0)
					return err == nil
				}, 5*time.Second, 10*time.Millisecond)
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() {
				defer close(done)
				payments.NewReconciler(s.processor).Run(ctx)
			}()
			want := eventra.PaymentSucceeded
			if resold {
				want = eventra.PaymentRefunded
			}
			require.Eventually(t, func() bool {
				p, err := s.db.Payment(context.Background(), payment.ID)
				return err == nil && p.Status == want
			}, 15*time.Second, 20*time.Millisecond)
			cancel()
			<-done
			old := s.booking(b.ID)
			require.Equal(t, eventra.BookingExpired, old.Status)
			if resold {
				require.True(t, old.ReplacedBy.IsZero())
			} else {
				require.Equal(t, payment.ID, old.ReplacedBy)
				require.Equal(t, eventra.BookingConfirmed, s.booking(payment.ID).Status)
			}
			s.requireConsistent()
		})
	}
}

// TestProcessor_ChargeVoidedMeanwhile: a charge that the reconciler has voided
// in the meantime has failed. No bank has declined it, and the answer does not
// say so.
func TestProcessor_ChargeVoidedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSale(t, 2, 600)
	b, err := s.hold(0)
	require.NoError(t, err)
	ctx := s.context()
	pay := eventra.PaymentRequest{PaymentID: persistencetest.NewID(), BookingID: b.ID, UserID: b.UserID, Method: "mock", Token: "tok_slow_50"}
	charged, err := s.gateway.Void(ctx, pay.PaymentID)
	require.NoError(t, err)
	require.False(t, charged)
	for range 2 {
		_, _, err = s.processor.Pay(ctx, pay)
		require.Equal(t, eventra.CodePaymentUnavailable, eventra.CodeOf(err))
	}
	p, err := s.db.Payment(ctx, pay.PaymentID)
	require.NoError(t, err)
	require.Equal(t, eventra.PaymentFailed, p.Status)
	pay.PaymentID, pay.Token = persistencetest.NewID(), "tok_ok"
	_, paid, err := s.processor.Pay(ctx, pay)
	require.NoError(t, err)
	require.Equal(t, eventra.BookingConfirmed, paid.Status)
	s.requireConsistent()
}
