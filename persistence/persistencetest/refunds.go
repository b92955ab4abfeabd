package persistencetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// refund is the change that returns an amount for items of a booking, and releases them.
func (f *fixture) refund(b *eventra.Booking, n int, amount int64, items ...int) *eventra.Change {
	next := *b
	next.Status, next.Items = eventra.BookingConfirmed, append([]eventra.Item(nil), b.Items...)
	left := 0
	for i := range next.Items {
		for _, no := range items {
			next.Items[i].Released = next.Items[i].Released || no == i+1
		}
		if !next.Items[i].Released {
			left++
		}
	}
	if left == 0 {
		next.Status = eventra.BookingRefunded
	}
	return &eventra.Change{Kind: eventra.ItemsRefunded, Booking: &next, Refund: &eventra.Refund{ID: NewID(), BookingID: b.ID, PaymentID: b.PaymentID,
		EventID: b.EventID, N: n, Amount: eventra.Money{Amount: amount, Currency: b.Total.Currency}, Items: items, Released: len(items) > 0,
		Reason: "ill", Status: eventra.RefundPending}}
}

func (f *fixture) ended(r *eventra.Refund, status eventra.RefundStatus) *eventra.Change {
	end := *r
	end.Status = status
	return &eventra.Change{Kind: eventra.RefundEnded, Refund: &end}
}

func itemsRefunded(f *fixture) {
	b, p := f.bought(1, 2)
	b.PaymentID = p.ID
	first := f.refund(b, 1, b.Items[0].Amount, 1)
	receipt := f.must(first)
	want := *first.Refund
	want.CreatedAt = receipt.At
	stored, err := f.store.Refund(f.t.Context(), want.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, want, *stored)
	f.requireSeat(1, eventra.SeatAvailable, nil)
	f.requireSeat(2, eventra.SeatBooked, b)
	f.requirePayment(p, eventra.PaymentSucceeded)
	require.True(f.t, f.requireStatus(b, eventra.BookingConfirmed).Items[0].Released)
	receipt, err = f.commit(first)
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true}, receipt.Refused, "its id was used")
	_, err = f.commit(f.refund(b, 2, b.Items[1].Amount+1))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "more than was paid")

	mail, state, err := f.store.Mail(f.t.Context(), eventra.MailRef{Kind: eventra.MailRefunded, BookingID: b.ID, About: want.ID})
	require.NoError(f.t, err)
	require.Equal(f.t, eventra.MailDue, state)
	require.Equal(f.t, []any{want.Amount, "ill", true, 1}, []any{mail.Returned, mail.Message, mail.Released, len(mail.Items)})

	snapshot := f.activate()
	for _, live := range snapshot.Bookings {
		if live.ID == b.ID {
			require.Equal(f.t, []eventra.Refund{*stored}, live.Refunds)
			require.Equal(f.t, []bool{true, false}, []bool{live.Items[0].Released, live.Items[1].Released})
			require.Equal(f.t, b.SeatNames(), live.SeatNames())
		}
	}
	require.Contains(f.t, f.openRefunds(-time.Second), want.ID)
	require.NotContains(f.t, f.openRefunds(time.Hour), want.ID)
	for _, refused := range []bool{false, true} {
		receipt, err = f.commit(f.ended(&want, eventra.RefundFailed))
		require.NoError(f.t, err)
		require.Equal(f.t, refused, receipt.Refused != nil && receipt.Refused[0], "it ends once")
	}
	require.NotContains(f.t, f.openRefunds(-time.Second), want.ID)
	require.Zero(f.t, f.requireStatus(b, eventra.BookingConfirmed).Refunded)

	b = f.requireStatus(b, eventra.BookingConfirmed)
	last := f.refund(b, 2, b.Total.Amount, 2)
	f.must(last)
	f.requireStatus(b, eventra.BookingRefunded)
	f.requireSeat(2, eventra.SeatAvailable, nil)
	f.must(f.ended(last.Refund, eventra.RefundSucceeded))
	require.Equal(f.t, b.Total.Amount, f.requireStatus(b, eventra.BookingRefunded).Refunded)
	all, next, err := f.store.BookingRefunds(f.t.Context(), b.ID, eventra.Page{Limit: 10})
	require.NoError(f.t, err)
	require.Nil(f.t, next)
	require.Len(f.t, all, 2, "oldest first")
	require.Equal(f.t, []any{want.ID, eventra.RefundFailed, last.Refund.ID, eventra.RefundSucceeded}, []any{all[0].ID, all[0].Status, all[1].ID, all[1].Status})
	require.NoError(f.t, f.store.ReturnRest(f.t.Context(), p.ID))
	f.requirePayment(p, eventra.PaymentSucceeded)
}

// refundsOfCustomers: a customer is told at the address that the shop has given, and one without any is not.
func refundsOfCustomers(f *fixture) {
	for seat, email := range []string{"ada@example.com", ""} {
		id, err := f.store.PutCustomer(f.t.Context(), &eventra.ShopCustomer{ID: NewID(), Shop: NewID().String(), ExternalID: "C-1", Email: email, Name: "Ada"})
		require.NoError(f.t, err)
		f.user = &eventra.User{ID: id}
		b, p := f.bought(eventra.SeatNo(seat))
		b.PaymentID = p.ID
		refund := f.refund(b, 1, b.Items[0].Amount)
		f.must(refund)
		for _, ref := range []eventra.MailRef{eventra.Tickets(b.ID), {Kind: eventra.MailRefunded, BookingID: b.ID, About: refund.Refund.ID}} {
			mail, state, err := f.store.Mail(f.t.Context(), ref)
			require.NoError(f.t, err, ref.Kind)
			require.Equal(f.t, []any{email, "Ada", email == ""}, []any{mail.To, mail.Name, state == eventra.MailObsolete}, ref.Kind)
		}
	}
}

func (f *fixture) openRefunds(age time.Duration) (ids []eventra.ID) {
	open, err := f.store.ClaimOpenRefunds(f.t.Context(), age, -time.Second, -time.Second, 1000)
	require.NoError(f.t, err)
	for _, r := range open {
		ids = append(ids, r.ID)
	}
	return ids
}
