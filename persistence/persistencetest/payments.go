package persistencetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func paymentStarted(f *fixture) {
	b, late := f.hold(longHold, 1), f.hold(pastHold, 2)
	start, tooLate := f.paying(b, grace), f.paying(late, grace)
	receipt, err := f.commit(tooLate, start)
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true, false}, receipt.Refused)

	stored := f.requirePayment(start.Payment, eventra.PaymentPending)
	want := *start.Payment
	want.CreatedAt, want.UpdatedAt = receipt.At, receipt.At
	require.Equal(f.t, want, *stored)
	noted := f.requireStatus(b, eventra.BookingHeld)
	require.Equal(f.t, start.Payment.ID, noted.PaymentID)
	require.Equal(f.t, receipt.At.Add(grace), noted.PayingUntil)
	_, err = f.store.Payment(f.t.Context(), tooLate.Payment.ID)
	require.Equal(f.t, eventra.CodeNotFound, eventra.CodeOf(err))
	require.Zero(f.t, f.requireStatus(late, eventra.BookingHeld).PaymentID)

	_, err = f.commit(f.paying(b, grace))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "one attempt at a time")
}

func paymentEnded(f *fixture) {
	b := f.hold(longHold, 1)
	first := f.pay(b, grace)
	f.must(paymentChange(eventra.PaymentEnded, b, first, eventra.PaymentDeclined))
	f.requirePayment(first, eventra.PaymentDeclined)
	require.Zero(f.t, f.requireStatus(b, eventra.BookingHeld).PaymentID)
	require.Zero(f.t, f.requireStatus(b, eventra.BookingHeld).PayingUntil)

	second := f.pay(b, grace)
	receipt, err := f.commit(paymentChange(eventra.PaymentEnded, nil, first, eventra.PaymentFailed))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true}, receipt.Refused)
	f.requirePayment(first, eventra.PaymentDeclined)
	f.requirePayment(second, eventra.PaymentPending)

	_, abandoned := f.missed(2)
	f.must(paymentChange(eventra.PaymentEnded, nil, abandoned, eventra.PaymentFailed))
	f.requirePayment(abandoned, eventra.PaymentFailed)

	listed, next, err := f.store.BookingPayments(f.t.Context(), b.ID, eventra.Page{Limit: 1})
	require.NoError(f.t, err)
	require.Len(f.t, listed, 1)
	require.Equal(f.t, first.ID, listed[0].ID, "oldest first")
	listed, next, err = f.store.BookingPayments(f.t.Context(), b.ID, eventra.Page{Limit: 1, Cursor: next})
	require.NoError(f.t, err)
	require.Equal(f.t, second.ID, listed[0].ID)
	require.Nil(f.t, next)
}

func confirmation(f *fixture) {
	b := f.hold(longHold, 6, 1)
	p := f.pay(b, grace)
	_, _, err := f.store.Mail(f.t.Context(), eventra.Tickets(b.ID))
	require.Equal(f.t, eventra.CodeNotFound, eventra.CodeOf(err))

	f.must(confirmed(b, p))
	stored := f.requireStatus(b, eventra.BookingConfirmed)
	require.Equal(f.t, p.ID, stored.PaymentID)
	require.Zero(f.t, stored.PayingUntil)
	require.Equal(f.t, b.ExpiresAt, stored.ExpiresAt, "the deadline is kept")
	f.requirePayment(p, eventra.PaymentSucceeded)
	f.requireSeat(6, eventra.SeatBooked, b)

	mail, state, err := f.store.Mail(f.t.Context(), eventra.Tickets(b.ID))
	require.NoError(f.t, err)
	require.Equal(f.t, eventra.MailDue, state)
	require.Equal(f.t, &eventra.Mail{
		MailRef: eventra.Tickets(b.ID), To: f.user.Email, Name: f.user.Name, EventTitle: f.event.Title,
		Occasion: f.occasion(), Was: f.occasion(), Items: b.Items, Total: b.Total,
		Returned: eventra.Money{Currency: b.Total.Currency}, Reference: b.Reference,
	}, mail)

	_, err = f.commit(confirmed(b, p))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "a booking is confirmed once")
	_, err = f.commit(change(eventra.Expired, b))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "a confirmed booking does not expire")
	unpaid := f.hold(longHold, 2)
	_, err = f.commit(confirmed(unpaid, &eventra.Payment{ID: NewID(), BookingID: unpaid.ID}))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "nothing is confirmed without a payment")
	_, _, err = f.store.Mail(f.t.Context(), eventra.Tickets(unpaid.ID))
	require.Equal(f.t, eventra.CodeNotFound, eventra.CodeOf(err))
}

// occasion is that of the event as it was made.
func (f *fixture) occasion() eventra.Occasion {
	return eventra.Occasion{Venue: "Arena, Berlin, DE", StartsAt: f.event.StartsAt, Timezone: "Europe/Berlin"}
}

// successor is the booking that a late payment buys in place of its expired one.
func (f *fixture) successor(p *eventra.Payment, nos ...eventra.SeatNo) *eventra.Booking {
	b := f.booking(nos...)
	b.ID, b.Status, b.PaymentID = p.ID, eventra.BookingConfirmed, p.ID
	return b
}

func rebooked(f *fixture) {
	lost, p := f.missed(1, 2)
	next := f.successor(p, 1, 2)
	receipt := f.must(paymentChange(eventra.Rebooked, next, p, eventra.PaymentSucceeded))
	stored := f.requireStatus(next, eventra.BookingConfirmed)
	require.Equal(f.t, next.Items, stored.Items)
	require.Equal(f.t, p.ID, stored.PaymentID)
	require.Equal(f.t, []eventra.Reference{stored.Reference}, receipt.References)
	require.NotContains(f.t, []eventra.Reference{0, lost.Reference}, stored.Reference)
	require.Equal(f.t, receipt.At, stored.ExpiresAt)
	require.Equal(f.t, next.ID, f.requireStatus(lost, eventra.BookingExpired).ReplacedBy)
	require.Equal(f.t, next.ID, f.requirePayment(p, eventra.PaymentSucceeded).BookingID)
	f.requireSeat(2, eventra.SeatBooked, next)
	f.requireMail(eventra.Tickets(next.ID), eventra.MailDue)
	f.must(change(eventra.Refunded, next))
	f.requirePayment(p, eventra.PaymentRefundPending)
}

func rebookedEnded(f *fixture) {
	lost, p := f.missed(1)
	_, other := f.missed(2)
	f.must(paymentChange(eventra.PaymentEnded, nil, p, eventra.PaymentFailed))
	next, otherNext := f.successor(p, 1), f.successor(other, 2)
	receipt, err := f.commit(paymentChange(eventra.Rebooked, next, p, eventra.PaymentSucceeded),
		paymentChange(eventra.Rebooked, otherNext, other, eventra.PaymentSucceeded))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true, false}, receipt.Refused)
	require.Equal(f.t, []eventra.Reference{0, f.requireStatus(otherNext, eventra.BookingConfirmed).Reference}, receipt.References)
	f.requireGone(next)
	require.Zero(f.t, f.requireStatus(lost, eventra.BookingExpired).ReplacedBy)
	f.requireSeat(1, eventra.SeatAvailable, nil)
	f.requireSeat(2, eventra.SeatBooked, otherNext)
}

func rebookedTaken(f *fixture) {
	lost, p := f.missed(1, 2)
	f.hold(longHold, 2)
	next := f.successor(p, 1, 2)
	_, err := f.commit(paymentChange(eventra.Rebooked, next, p, eventra.PaymentSucceeded))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	f.requireGone(next)
	f.requirePayment(p, eventra.PaymentPending)
	require.Zero(f.t, f.requireStatus(lost, eventra.BookingExpired).ReplacedBy)
}

func refundDue(f *fixture) {
	_, p := f.missed(1)
	f.hold(longHold, 1)
	c := paymentChange(eventra.RefundDue, nil, p, eventra.PaymentRefundPending)
	c.Payment.Refusal = eventra.CodeHoldExpired
	f.must(c)
	require.Equal(f.t, eventra.CodeHoldExpired, f.requirePayment(p, eventra.PaymentRefundPending).Refusal)
	receipt, err := f.commit(c)
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true}, receipt.Refused)

	b := f.hold(longHold, 2)
	p = f.pay(b, grace)
	c = paymentChange(eventra.RefundDue, b, p, eventra.PaymentRefundPending)
	c.Payment.Refusal = eventra.CodeSaleClosed
	f.must(c)
	require.Equal(f.t, eventra.CodeSaleClosed, f.requirePayment(p, eventra.PaymentRefundPending).Refusal)
	require.Zero(f.t, f.requireStatus(b, eventra.BookingHeld).PaymentID)
	require.Zero(f.t, f.requireStatus(b, eventra.BookingHeld).PayingUntil)
	require.NoError(f.t, f.store.MarkRefunded(f.t.Context(), p.ID))
	require.Equal(f.t, eventra.CodeSaleClosed, f.requirePayment(p, eventra.PaymentRefunded).Refusal)
}

func refunded(f *fixture) {
	b, p := f.bought(1, 2)
	f.must(change(eventra.Refunded, b))
	f.requireStatus(b, eventra.BookingRefunded)
	f.requirePayment(p, eventra.PaymentRefundPending)
	f.requireSeat(1, eventra.SeatAvailable, nil)
	_, err := f.commit(change(eventra.Refunded, b))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)

	pending := f.pay(f.hold(longHold, 3), grace)
	overdue := f.pay(f.hold(longHold, 4), -time.Second)
	require.Contains(f.t, f.open(-time.Second), p.ID)
	require.NotContains(f.t, f.open(time.Hour), p.ID)
	require.Contains(f.t, f.open(time.Hour), overdue.ID)
	require.NotContains(f.t, f.open(-time.Second), pending.ID)
	require.Contains(f.t, f.claim(-time.Second, time.Minute, time.Hour, 1000), p.ID)
	require.NotContains(f.t, f.claim(-time.Second, time.Minute, time.Hour, 1000), p.ID, "it is claimed")
	for range 2 {
		require.NoError(f.t, f.store.MarkRefunded(f.t.Context(), p.ID))
		f.requirePayment(p, eventra.PaymentRefunded)
	}
	require.NotContains(f.t, f.open(-time.Second), p.ID)
	require.NoError(f.t, f.store.MarkRefunded(f.t.Context(), pending.ID))
	f.requirePayment(pending, eventra.PaymentPending)
}

// open lists the payments that have to be ended, as if none was ever claimed.
func (f *fixture) open(refundAge time.Duration) (ids []eventra.ID) {
	return f.claim(refundAge, -time.Second, -time.Second, 1000)
}

func (f *fixture) claim(refundAge, pauseMin, pauseMax time.Duration, limit int) (ids []eventra.ID) {
	payments, err := f.store.ClaimOpenPayments(f.t.Context(), refundAge, pauseMin, pauseMax, limit)
	require.NoError(f.t, err)
	for _, p := range payments {
		ids = append(ids, p.ID)
	}
	return ids
}

// manyKinds commits every kind of change in one batch; two of them are refused.
func manyKinds(f *fixture) {
	release, expire, early := f.hold(longHold, 1), f.hold(pastHold, 2), f.hold(longHold, 3)
	start, end, confirm := f.hold(longHold, 4), f.hold(longHold, 5), f.hold(longHold, 6, 7)
	ending, paid := f.pay(end, grace), f.pay(confirm, grace)
	refund, refundPayment := f.bought(8)
	_, late := f.missed(9)
	_, due := f.missed(10)
	_, ended := f.missed(11)
	f.must(paymentChange(eventra.RefundDue, nil, ended, eventra.PaymentRefundPending))
	hold, next := f.booking(12, 13), f.successor(late, 9)

	receipt, err := f.commit(
		change(eventra.Released, release),
		change(eventra.Expired, early),
		change(eventra.Held, hold),
		f.paying(start, grace),
		change(eventra.Expired, expire),
		paymentChange(eventra.PaymentEnded, end, ending, eventra.PaymentFailed),
		confirmed(confirm, paid),
		paymentChange(eventra.RefundDue, nil, ended, eventra.PaymentRefundPending),
		change(eventra.Refunded, refund),
		paymentChange(eventra.Rebooked, next, late, eventra.PaymentSucceeded),
		paymentChange(eventra.RefundDue, nil, due, eventra.PaymentRefundPending),
	)
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{1: true, 7: true, 10: false}, receipt.Refused)
	for b, status := range map[*eventra.Booking]eventra.BookingStatus{
		release: eventra.BookingCancelled, expire: eventra.BookingExpired, early: eventra.BookingHeld, hold: eventra.BookingHeld,
		start: eventra.BookingHeld, end: eventra.BookingHeld, confirm: eventra.BookingConfirmed,
		refund: eventra.BookingRefunded, next: eventra.BookingConfirmed,
	} {
		f.requireStatus(b, status)
	}
	for p, status := range map[*eventra.Payment]eventra.PaymentStatus{
		ending: eventra.PaymentFailed, paid: eventra.PaymentSucceeded, refundPayment: eventra.PaymentRefundPending,
		late: eventra.PaymentSucceeded, due: eventra.PaymentRefundPending, ended: eventra.PaymentRefundPending,
	} {
		f.requirePayment(p, status)
	}
	f.requireSeat(7, eventra.SeatBooked, confirm)
	f.requireSeat(13, eventra.SeatHeld, hold)
	f.requireSeat(8, eventra.SeatAvailable, nil)
}
