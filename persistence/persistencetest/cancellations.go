package persistencetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// RunCancellations checks what a cancellation leaves in the store. The store must be this
// test's alone, because a claim takes any cancellation in it.
func RunCancellations(t *testing.T, store EventStore) {
	f := newFixture(t, store)
	f.claimNothing()
	var bought []*eventra.Booking
	var payments []*eventra.Payment
	for no := range eventra.SeatNo(3) {
		b, p := f.bought(no)
		bought, payments = append(bought, b), append(payments, p)
	}
	held := f.hold(longHold, 3)
	f.cancel(&eventra.CancelOrder{At: time.Now(), Reason: "rain"})
	f.cancel(&eventra.CancelOrder{At: time.Now(), Reason: "said again"})
	f.activate()
	due, err := store.EventsWithHoldsDue(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []eventra.ID{f.event.ID}, due, "holds of a cancelled event are due")
	due, err = store.EventsWithHoldsDue(t.Context(), longHold+time.Minute, 10)
	require.NoError(t, err)
	require.Equal(t, []eventra.ID{f.event.ID}, due, "each event once")

	claim := f.claimCancellation()
	f.claimNothing()
	confirmed, err := store.ConfirmedBookings(t.Context(), f.event.ID, 2)
	require.NoError(t, err)
	require.Len(t, confirmed, 2)
	f.must(f.told(bought[0]), f.told(bought[1]))
	refs := f.noticesDue()
	require.ElementsMatch(t, []eventra.MailRef{f.notice(bought[0]), f.notice(bought[1])}, refs)
	mail, state, err := store.Mail(t.Context(), f.notice(bought[0]))
	require.NoError(t, err)
	require.Equal(t, eventra.MailDue, state)
	require.Equal(t, bought[0].Total, mail.Returned)
	require.Equal(t, "rain", mail.Message)
	require.Equal(t, bought[0].SeatNames(), (&eventra.Booking{Items: mail.Items}).SeatNames(), "though they are released")
	require.NoError(t, store.MarkSent(t.Context(), f.notice(bought[0])))
	f.requireMail(f.notice(bought[0]), eventra.MailEnded)
	f.requireMail(eventra.Tickets(bought[2].ID), eventra.MailObsolete)
	require.NoError(t, store.MarkRefunded(t.Context(), payments[0].ID))
	f.endClaim(claim)
	f.requireProgress(eventra.Cancellation{Bookings: 3, Refunded: 1, Mailed: 1}, false)

	lost := *claim
	claim = f.claimCancellation()
	f.must(f.told(bought[2]), change(eventra.Released, held))
	f.endClaim(&lost)
	f.requireProgress(eventra.Cancellation{Bookings: 3, Refunded: 1, Mailed: 1}, false)
	f.endClaim(claim)
	f.requireProgress(eventra.Cancellation{Bookings: 3, Refunded: 1, Mailed: 1}, false)
	for _, p := range payments[1:] {
		require.NoError(t, store.MarkRefunded(t.Context(), p.ID))
	}
	f.endClaim(f.claimCancellationLater())
	f.requireProgress(eventra.Cancellation{Bookings: 3, Refunded: 3, Mailed: 1}, true)
	for _, ref := range refs {
		require.NoError(t, store.MarkSent(t.Context(), ref))
	}
	require.NoError(t, store.MarkSent(t.Context(), f.notice(bought[2])))
	f.endClaim(f.claimCancellationLater())
	f.requireProgress(eventra.Cancellation{Bookings: 3, Refunded: 3, Mailed: 3}, true)
	f.eventually(func() bool { return f.claimed() == nil })
}

// RunCancelledParts checks how bookings of a cancelled event count whose last items go back by a refund
// of their own. The store must be this test's alone.
func RunCancelledParts(t *testing.T, store EventStore) {
	f := newFixture(t, store)
	before := f.boughtFor(0)
	f.must(f.refund(before, 1, before.Total.Amount, 1)) // the event is on sale still
	returned, refused, kept := f.boughtFor(1), f.boughtFor(2), f.boughtFor(3)
	f.cancel(&eventra.CancelOrder{At: time.Now(), Reason: "rain"})
	f.activate()
	claim := f.claimCancellation()
	f.endClaim(claim)
	f.requireProgress(eventra.Cancellation{Bookings: 3}, false)

	of := []*eventra.Change{f.refund(returned, 1, returned.Total.Amount, 1), f.refund(refused, 1, refused.Total.Amount, 1), f.refund(kept, 1, 1, 1)}
	f.must(of...)
	f.endClaim(f.claimCancellationLater())
	f.requireProgress(eventra.Cancellation{Bookings: 3}, false)
	f.must(f.ended(of[0].Refund, eventra.RefundSucceeded), f.ended(of[1].Refund, eventra.RefundFailed), f.ended(of[2].Refund, eventra.RefundSucceeded))
	for _, c := range of {
		require.NoError(t, store.MarkSent(t.Context(), eventra.MailRef{Kind: eventra.MailRefunded, BookingID: c.Booking.ID, About: c.Refund.ID}))
	}
	f.endClaim(f.claimCancellationLater())
	f.requireProgress(eventra.Cancellation{Bookings: 3, Refunded: 2, Failed: 1, Mailed: 3}, true)

	require.NoError(t, store.ReturnRest(t.Context(), refused.PaymentID))
	require.NoError(t, store.MarkRefunded(t.Context(), refused.PaymentID))
	f.endClaim(f.claimCancellationLater())
	f.requireProgress(eventra.Cancellation{Bookings: 3, Refunded: 3, Mailed: 3}, true)
	f.eventually(func() bool { return f.claimed() == nil })
}

// boughtFor is a booking that knows its payment.
func (f *fixture) boughtFor(no eventra.SeatNo) *eventra.Booking {
	f.t.Helper()
	b, p := f.bought(no)
	b.PaymentID = p.ID
	return b
}

// RunOldCancellations checks events that an earlier release has cancelled. The store must
// be this test's alone.
func RunOldCancellations(t *testing.T, store EventStore) {
	f := newFixture(t, store)
	f.bought(0)
	started, err := store.RefundBuyers(t.Context(), f.event.ID, "rain")
	require.NoError(t, err)
	require.False(t, started, "it is on sale")
	f.cancel(nil)
	f.claimNothing()
	_, err = store.Cancellation(t.Context(), f.event.ID)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	for _, first := range []bool{true, false} {
		started, err = store.RefundBuyers(t.Context(), f.event.ID, "rain")
		require.NoError(t, err)
		require.Equal(t, first, started)
	}
	require.Equal(t, f.event.ID, f.claimCancellation().EventID)
}

// cancel puts the terms of the event as it is when it was cancelled.
func (f *fixture) cancel(order *eventra.CancelOrder) {
	f.t.Helper()
	cancelled := *f.event
	cancelled.Version, cancelled.Status, cancelled.Cancellation = cancelled.Version+1, eventra.EventCancelled, order
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), &cancelled))
}

func (f *fixture) notice(b *eventra.Booking) eventra.MailRef {
	return eventra.MailRef{Kind: eventra.MailCancelled, BookingID: b.ID, About: f.event.ID}
}

// told refunds a booking and tells its buyer.
func (f *fixture) told(b *eventra.Booking) *eventra.Change {
	c := change(eventra.Refunded, b)
	c.Notice = &eventra.Notice{Kind: eventra.MailCancelled, About: f.event.ID, Amount: b.Total.Amount}
	return c
}

func (f *fixture) noticesDue() []eventra.MailRef {
	f.t.Helper()
	refs, err := f.store.Due(f.t.Context(), eventra.NoticeBox, 10, time.Minute)
	require.NoError(f.t, err)
	again, err := f.store.Due(f.t.Context(), eventra.NoticeBox, 10, time.Minute)
	require.NoError(f.t, err)
	require.Empty(f.t, again, "each is leased once")
	return refs
}

// claimed claims a cancellation; nil if none is due.
func (f *fixture) claimed() *eventra.CancellationClaim {
	f.t.Helper()
	claim, err := f.store.ClaimCancellation(f.t.Context(), time.Minute)
	require.NoError(f.t, err)
	return claim
}

func (f *fixture) claimNothing() {
	f.t.Helper()
	require.Nil(f.t, f.claimed())
}

func (f *fixture) claimCancellation() *eventra.CancellationClaim {
	f.t.Helper()
	claim := f.claimed()
	require.NotNil(f.t, claim)
	return claim
}

// claimCancellationLater claims a cancellation that rests.
func (f *fixture) claimCancellationLater() (claim *eventra.CancellationClaim) {
	f.t.Helper()
	f.eventually(func() bool {
		claim = f.claimed()
		return claim != nil
	})
	return claim
}

func (f *fixture) endClaim(claim *eventra.CancellationClaim) {
	f.t.Helper()
	require.NoError(f.t, f.store.EndCancellationClaim(f.t.Context(), claim, 0))
}

func (f *fixture) requireProgress(want eventra.Cancellation, finished bool) {
	f.t.Helper()
	got, err := f.store.Cancellation(f.t.Context(), f.event.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, finished, !got.FinishedAt.IsZero())
	require.False(f.t, got.StartedAt.IsZero())
	want.EventID, want.StartedAt, want.FinishedAt = f.event.ID, got.StartedAt, got.FinishedAt
	require.Equal(f.t, &want, got)
}
