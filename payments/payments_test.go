package payments_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
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
			want := eventra.PaymentSucceeded
			if resold {
				want = eventra.PaymentRefunded
			}
			s.reconcileUntil(func() bool {
				p, err := s.db.Payment(context.Background(), payment.ID)
				return err == nil && p.Status == want
			})
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
	charged, err := s.gateway.Void(ctx, eventra.Payment{ID: pay.PaymentID, EventID: s.event})
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

// cancelEvent cancels the sale's event.
func (s *sale) cancelEvent() {
	event := persistencetest.NewEvent()
	event.ID, event.Version, event.Status = s.event, 2, eventra.EventCancelled
	require.NoError(s.t, s.db.PutTerms(s.t.Context(), event))
}

// requireRefund requires a payment that was refused with a code to have gone
// back, and nothing to be mailed for its booking.
func (s *sale) requireRefund(err error, code eventra.Code, id, booking eventra.ID) {
	s.t.Helper()
	e, ok := errors.AsType[*eventra.Error](err)
	require.True(s.t, ok, "%v", err)
	require.Equal(s.t, code, e.Code)
	require.Equal(s.t, eventra.PaymentRefunded, e.Payment.Status)
	p, err := s.db.Payment(s.context(), id)
	require.NoError(s.t, err)
	require.Equal(s.t, eventra.PaymentRefunded, p.Status)
	require.Equal(s.t, code, p.Refusal)
	_, _, err = s.db.Mail(s.context(), eventra.Tickets(booking))
	require.Equal(s.t, eventra.CodeNotFound, eventra.CodeOf(err), "no ticket")
}

// TestProcessor_EventCancelledMeanwhile: the money that comes after the event
// was cancelled goes back, and the payer is told so each time.
func TestProcessor_EventCancelledMeanwhile(t *testing.T) {
	t.Parallel()
	t.Run("while the booking is held", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, 2, 600)
		b, err := s.hold(0)
		require.NoError(t, err)
		req := eventra.PaymentRequest{PaymentID: persistencetest.NewID(), BookingID: b.ID, UserID: b.UserID, Method: "mock", Token: "tok_ok"}
		_, _, err = s.office.StartPayment(s.context(), &eventra.StartPayment{PaymentID: req.PaymentID, BookingID: b.ID, UserID: b.UserID,
			Method: "mock", Grace: time.Minute})
		require.NoError(t, err)
		s.cancelEvent()
		for range 2 { // the second answer is from the store
			_, _, err = s.processor.Pay(s.context(), req)
			s.requireRefund(err, eventra.CodeSaleClosed, req.PaymentID, b.ID)
		}
		require.Eventually(t, func() bool { return s.booking(b.ID).Status == eventra.BookingCancelled }, 5*time.Second, 10*time.Millisecond,
			"nothing keeps the hold any more")
		require.Zero(t, s.booking(b.ID).PaymentID)
		released, err := s.office.Release(s.context(), b.UserID, b.ID)
		require.NoError(t, err)
		require.Equal(t, eventra.BookingCancelled, released.Status)
		req.PaymentID = persistencetest.NewID()
		_, _, err = s.processor.Pay(s.context(), req)
		require.Equal(t, eventra.CodeHoldExpired, eventra.CodeOf(err))
		s.requireConsistent()
	})
	t.Run("after the hold has expired", func(t *testing.T) {
		t.Parallel()
		s := newSale(t, 2, 5)
		b, err := s.hold(0)
		require.NoError(t, err)
		req := eventra.PaymentRequest{PaymentID: persistencetest.NewID(), BookingID: b.ID, UserID: b.UserID, Method: "mock", Token: "tok_ok"}
		_, _, err = s.office.StartPayment(s.context(), &eventra.StartPayment{PaymentID: req.PaymentID, BookingID: b.ID, UserID: b.UserID, Method: "mock"})
		require.NoError(t, err)
		require.Eventually(t, func() bool { return s.booking(b.ID).Status == eventra.BookingExpired }, 9*time.Second, 20*time.Millisecond)
		s.cancelEvent()
		paid := eventra.Payment{ID: req.PaymentID, BookingID: b.ID, EventID: s.event, UserID: b.UserID, Method: "mock", Amount: b.Total}
		require.NoError(t, s.gateway.Charge(s.context(), paid, "tok_ok"))
		s.reconcileUntil(func() bool {
			p, err := s.db.Payment(context.Background(), paid.ID)
			return err == nil && p.Status == eventra.PaymentRefunded
		})
		_, _, err = s.processor.Pay(s.context(), req)
		s.requireRefund(err, eventra.CodeSaleClosed, req.PaymentID, b.ID)
		s.requireConsistent()
	})
}

// TestProcessor_FreeBooking: a booking that costs nothing is confirmed by its
// payment, whatever the token, and refunded, and no gateway hears of it.
func TestProcessor_FreeBooking(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"tok_ok", "tok_declined", "tok_error", "tok_slow_60000", "anything"} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			s := newSaleOf(t, freeSeats(1), 600)
			b, err := s.hold(0)
			require.NoError(t, err)
			require.Zero(t, b.Total.Amount)
			req := eventra.PaymentRequest{PaymentID: persistencetest.NewID(), BookingID: b.ID, UserID: b.UserID, Method: "mock", Token: token}
			for range 2 {
				payment, booking, err := s.processor.Pay(s.context(), req)
				require.NoError(t, err)
				require.Equal(t, eventra.PaymentSucceeded, payment.Status)
				require.Equal(t, eventra.BookingConfirmed, booking.Status)
			}
			_, err = s.processor.Refund(s.context(), b.ID)
			require.NoError(t, err)
			p, err := s.db.Payment(s.context(), req.PaymentID)
			require.NoError(t, err)
			require.Equal(t, eventra.PaymentRefunded, p.Status)
			s.requireNoCharge()
			s.requireConsistent()
		})
	}
}

// TestReconciler_FreeBooking: an attempt that its instance left open is paid.
func TestReconciler_FreeBooking(t *testing.T) {
	t.Parallel()
	s := newSaleOf(t, freeSeats(1), 600)
	b, err := s.hold(0)
	require.NoError(t, err)
	id := persistencetest.NewID()
	_, _, err = s.office.StartPayment(s.context(), &eventra.StartPayment{PaymentID: id, BookingID: b.ID, UserID: b.UserID, Method: "mock"})
	require.NoError(t, err)
	s.reconcileUntil(func() bool { return s.booking(b.ID).Status == eventra.BookingConfirmed })
	s.requireNoCharge()
	s.requireConsistent()
}

func freeSeats(n int) []eventra.Seat {
	seats := persistencetest.NewSeats(n)
	for i := range seats {
		seats[i].Price.Amount = 0
	}
	return seats
}

// requireNoCharge requires the gateway's books to be empty, and the check of
// all rows to find nothing wrong in that.
func (s *sale) requireNoCharge() {
	s.t.Helper()
	var charges int
	require.NoError(s.t, s.db.WithConn(s.context(), time.Second, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, `SELECT count(*) FROM mock_charges`).Scan(&charges)
	}))
	require.Zero(s.t, charges)
	report, err := s.db.Check(s.context(), postgres.CheckOptions{HoldOverdue: time.Minute, PaymentOverdue: time.Minute,
		MailOverdue: time.Minute, QueryTimeout: time.Minute})
	require.NoError(s.t, err)
	for _, finding := range report.Findings {
		require.True(s.t, finding.Outcome == postgres.CheckOK || finding.Name == "booking_belongs", "%+v", finding)
	}
}

// reconcileUntil runs a reconciler until done, for a while at most.
func (s *sale) reconcileUntil(done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		payments.NewReconciler(s.processor).Run(ctx)
	}()
	defer func() {
		cancel()
		<-ended
	}()
	require.Eventually(s.t, done, 15*time.Second, 20*time.Millisecond)
}
