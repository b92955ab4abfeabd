package persistencetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func paymentStarted(w *world) {
	b, late := w.hold(longHold, 1), w.hold(pastHold, 2)
	start, tooLate := w.paying(b, grace), w.paying(late, grace)
	receipt, err := w.commit(tooLate, start)
	require.NoError(w.t, err)
	require.Equal(w.t, []bool{true, false}, receipt.Refused)

	stored := w.requirePayment(start.Payment, eventra.PaymentPending)
	want := *start.Payment
	want.CreatedAt, want.UpdatedAt = receipt.At, receipt.At
	require.Equal(w.t, want, *stored)
	noted := w.requireStatus(b, eventra.BookingHeld)
	require.Equal(w.t, start.Payment.ID, noted.PaymentID)
	require.Equal(w.t, receipt.At.Add(grace), noted.PayingUntil)
	_, err = w.store.Payment(w.t.Context(), tooLate.Payment.ID)
	require.Equal(w.t, eventra.CodeNotFound, eventra.CodeOf(err))
	require.Zero(w.t, w.requireStatus(late, eventra.BookingHeld).PaymentID)

	_, err = w.commit(w.paying(b, grace))
	require.ErrorIs(w.t, err, eventra.ErrDiverged, "one attempt at a time")
}

func paymentEnded(w *world) {
	b := w.hold(longHold, 1)
	first := w.pay(b, grace)
	w.must(paymentChange(eventra.PaymentEnded, b, first, eventra.PaymentDeclined))
	w.requirePayment(first, eventra.PaymentDeclined)
	require.Zero(w.t, w.requireStatus(b, eventra.BookingHeld).PaymentID)
	require.Zero(w.t, w.requireStatus(b, eventra.BookingHeld).PayingUntil)

	second := w.pay(b, grace)
	receipt, err := w.commit(paymentChange(eventra.PaymentEnded, nil, first, eventra.PaymentFailed))
	require.NoError(w.t, err)
	require.Equal(w.t, []bool{true}, receipt.Refused)
	w.requirePayment(first, eventra.PaymentDeclined)
	w.requirePayment(second, eventra.PaymentPending)

	_, abandoned := w.missed(2)
	w.must(paymentChange(eventra.PaymentEnded, nil, abandoned, eventra.PaymentFailed))
	w.requirePayment(abandoned, eventra.PaymentFailed)

	listed, next, err := w.store.BookingPayments(w.t.Context(), b.ID, eventra.Page{Limit: 1})
	require.NoError(w.t, err)
	require.Len(w.t, listed, 1)
	require.Equal(w.t, first.ID, listed[0].ID, "oldest first")
	listed, next, err = w.store.BookingPayments(w.t.Context(), b.ID, eventra.Page{Limit: 1, Cursor: next})
	require.NoError(w.t, err)
	require.Equal(w.t, second.ID, listed[0].ID)
	require.Nil(w.t, next)
}

func confirmation(w *world) {
	b := w.hold(longHold, 6, 1)
	p := w.pay(b, grace)
	_, _, err := w.store.Mail(w.t.Context(), b.ID)
	require.Equal(w.t, eventra.CodeNotFound, eventra.CodeOf(err))

	w.must(confirmed(b, p))
	stored := w.requireStatus(b, eventra.BookingConfirmed)
	require.Equal(w.t, p.ID, stored.PaymentID)
	require.Zero(w.t, stored.PayingUntil)
	require.Equal(w.t, b.ExpiresAt, stored.ExpiresAt, "the deadline it had is kept")
	w.requirePayment(p, eventra.PaymentSucceeded)
	w.requireSeat(6, eventra.SeatBooked, b)

	mail, sent, err := w.store.Mail(w.t.Context(), b.ID)
	require.NoError(w.t, err)
	require.False(w.t, sent)
	require.Equal(w.t, &eventra.TicketMail{
		BookingID: b.ID, To: w.user.Email, Name: w.user.Name, EventTitle: w.event.Title, Venue: "Arena, Berlin, DE",
		StartsAt: w.event.StartsAt, Timezone: "Europe/Berlin", Seats: []eventra.Seat{w.seats[6], w.seats[1]}, Total: b.Total,
	}, mail)

	_, err = w.commit(confirmed(b, p))
	require.ErrorIs(w.t, err, eventra.ErrDiverged, "it happens once")
	_, err = w.commit(change(eventra.Expired, b))
	require.ErrorIs(w.t, err, eventra.ErrDiverged, "what is paid does not expire")
	unpaid := w.hold(longHold, 2)
	_, err = w.commit(confirmed(unpaid, &eventra.Payment{ID: NewID(), BookingID: unpaid.ID}))
	require.ErrorIs(w.t, err, eventra.ErrDiverged, "nothing is confirmed without a payment")
	_, _, err = w.store.Mail(w.t.Context(), unpaid.ID)
	require.Equal(w.t, eventra.CodeNotFound, eventra.CodeOf(err))
}

// successor is what a late payment buys instead of its expired booking.
func (w *world) successor(p *eventra.Payment, nos ...eventra.SeatNo) *eventra.Booking {
	b := w.booking(nos...)
	b.ID, b.Status, b.PaymentID = p.ID, eventra.BookingConfirmed, p.ID
	return b
}

func rebooked(w *world) {
	lost, p := w.missed(1, 2)
	next := w.successor(p, 1, 2)
	receipt := w.must(paymentChange(eventra.Rebooked, next, p, eventra.PaymentSucceeded))
	stored := w.requireStatus(next, eventra.BookingConfirmed)
	require.Equal(w.t, next.Seats, stored.Seats)
	require.Equal(w.t, p.ID, stored.PaymentID)
	require.Equal(w.t, receipt.At, stored.ExpiresAt)
	require.Equal(w.t, next.ID, w.requireStatus(lost, eventra.BookingExpired).ReplacedBy)
	require.Equal(w.t, next.ID, w.requirePayment(p, eventra.PaymentSucceeded).BookingID)
	w.requireSeat(2, eventra.SeatBooked, next)
	_, sent, err := w.store.Mail(w.t.Context(), next.ID)
	require.NoError(w.t, err)
	require.False(w.t, sent)
	w.must(change(eventra.Refunded, next))
	w.requirePayment(p, eventra.PaymentRefundPending)
}

func rebookedEnded(w *world) {
	lost, p := w.missed(1)
	_, other := w.missed(2)
	w.must(paymentChange(eventra.PaymentEnded, nil, p, eventra.PaymentFailed))
	next, otherNext := w.successor(p, 1), w.successor(other, 2)
	receipt, err := w.commit(paymentChange(eventra.Rebooked, next, p, eventra.PaymentSucceeded),
		paymentChange(eventra.Rebooked, otherNext, other, eventra.PaymentSucceeded))
	require.NoError(w.t, err)
	require.Equal(w.t, []bool{true, false}, receipt.Refused)
	w.requireGone(next)
	require.Zero(w.t, w.requireStatus(lost, eventra.BookingExpired).ReplacedBy)
	w.requireSeat(1, eventra.SeatAvailable, nil)
	w.requireSeat(2, eventra.SeatBooked, otherNext)
}

func rebookedTaken(w *world) {
	lost, p := w.missed(1, 2)
	w.hold(longHold, 2)
	next := w.successor(p, 1, 2)
	_, err := w.commit(paymentChange(eventra.Rebooked, next, p, eventra.PaymentSucceeded))
	require.ErrorIs(w.t, err, eventra.ErrDiverged)
	w.requireGone(next)
	w.requirePayment(p, eventra.PaymentPending)
	require.Zero(w.t, w.requireStatus(lost, eventra.BookingExpired).ReplacedBy)
}

func refundDue(w *world) {
	_, p := w.missed(1)
	w.hold(longHold, 1)
	c := paymentChange(eventra.RefundDue, nil, p, eventra.PaymentRefundPending)
	w.must(c)
	w.requirePayment(p, eventra.PaymentRefundPending)
	receipt, err := w.commit(c)
	require.NoError(w.t, err)
	require.Equal(w.t, []bool{true}, receipt.Refused)
}

func refunded(w *world) {
	b, p := w.bought(1, 2)
	w.must(change(eventra.Refunded, b))
	w.requireStatus(b, eventra.BookingRefunded)
	w.requirePayment(p, eventra.PaymentRefundPending)
	w.requireSeat(1, eventra.SeatAvailable, nil)
	_, err := w.commit(change(eventra.Refunded, b))
	require.ErrorIs(w.t, err, eventra.ErrDiverged)

	pending := w.pay(w.hold(longHold, 3), grace)
	overdue := w.pay(w.hold(longHold, 4), -time.Second)
	require.Contains(w.t, w.open(-time.Second), p.ID)
	require.NotContains(w.t, w.open(time.Hour), p.ID)
	require.Contains(w.t, w.open(time.Hour), overdue.ID)
	require.NotContains(w.t, w.open(-time.Second), pending.ID)
	for range 2 {
		require.NoError(w.t, w.store.MarkRefunded(w.t.Context(), p.ID))
		w.requirePayment(p, eventra.PaymentRefunded)
	}
	require.NotContains(w.t, w.open(-time.Second), p.ID)
	require.NoError(w.t, w.store.MarkRefunded(w.t.Context(), pending.ID))
	w.requirePayment(pending, eventra.PaymentPending)
}

// open are the payments that somebody has to end.
func (w *world) open(refundAge time.Duration) (ids []eventra.ID) {
	payments, err := w.store.OpenPayments(w.t.Context(), refundAge, 1000)
	require.NoError(w.t, err)
	for _, p := range payments {
		ids = append(ids, p.ID)
	}
	return ids
}

// manyKinds has every kind of change in one batch, two of them refused.
func manyKinds(w *world) {
	release, expire, early := w.hold(longHold, 1), w.hold(pastHold, 2), w.hold(longHold, 3)
	start, end, confirm := w.hold(longHold, 4), w.hold(longHold, 5), w.hold(longHold, 6, 7)
	ending, paid := w.pay(end, grace), w.pay(confirm, grace)
	refund, refundPayment := w.bought(8)
	_, late := w.missed(9)
	_, owed := w.missed(10)
	_, over := w.missed(11)
	w.must(paymentChange(eventra.RefundDue, nil, over, eventra.PaymentRefundPending))
	hold, next := w.booking(12, 13), w.successor(late, 9)

	receipt, err := w.commit(
		change(eventra.Released, release),
		change(eventra.Expired, early),
		change(eventra.Held, hold),
		w.paying(start, grace),
		change(eventra.Expired, expire),
		paymentChange(eventra.PaymentEnded, end, ending, eventra.PaymentFailed),
		confirmed(confirm, paid),
		paymentChange(eventra.RefundDue, nil, over, eventra.PaymentRefundPending),
		change(eventra.Refunded, refund),
		paymentChange(eventra.Rebooked, next, late, eventra.PaymentSucceeded),
		paymentChange(eventra.RefundDue, nil, owed, eventra.PaymentRefundPending),
	)
	require.NoError(w.t, err)
	require.Equal(w.t, []bool{1: true, 7: true, 10: false}, receipt.Refused)
	for b, status := range map[*eventra.Booking]eventra.BookingStatus{
		release: eventra.BookingCancelled, expire: eventra.BookingExpired, early: eventra.BookingHeld, hold: eventra.BookingHeld,
		start: eventra.BookingHeld, end: eventra.BookingHeld, confirm: eventra.BookingConfirmed,
		refund: eventra.BookingRefunded, next: eventra.BookingConfirmed,
	} {
		w.requireStatus(b, status)
	}
	for p, status := range map[*eventra.Payment]eventra.PaymentStatus{
		ending: eventra.PaymentFailed, paid: eventra.PaymentSucceeded, refundPayment: eventra.PaymentRefundPending,
		late: eventra.PaymentSucceeded, owed: eventra.PaymentRefundPending, over: eventra.PaymentRefundPending,
	} {
		w.requirePayment(p, status)
	}
	w.requireSeat(7, eventra.SeatBooked, confirm)
	w.requireSeat(13, eventra.SeatHeld, hold)
	w.requireSeat(8, eventra.SeatAvailable, nil)
}
