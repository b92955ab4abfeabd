package actors

import (
	"context"
	"errors"

	"github.com/eventra/eventra"
)

// BoxOffice sells seats: it finds a booking's event, asks the event's actor,
// and answers from the store for bookings that are live no more.
type BoxOffice struct {
	events   *Directory
	store    EventStore
	payments *PaymentProcessor
}

// NewBoxOffice makes a box office over a directory of events.
func NewBoxOffice(events *Directory, store EventStore, payments *PaymentProcessor) *BoxOffice {
	return &BoxOffice{events, store, payments}
}

// Hold holds seats under the booking id that the command carries. If there is
// such a booking of this user already, that is the answer, whatever became of it.
func (b *BoxOffice) Hold(ctx context.Context, event eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	r, err := b.events.do(ctx, event, cmd)
	if errors.Is(err, errStored) { // made before, and live no more
		return b.booking(ctx, cmd.UserID, cmd.BookingID)
	}
	if err != nil {
		return nil, err
	}
	b.events.whereabouts.note(r.booking.ID, event)
	return r.booking, nil
}

// Release gives a user's held seats back; doing so again is harmless.
func (b *BoxOffice) Release(ctx context.Context, user, id eventra.ID) (*eventra.Booking, error) {
	return b.end(ctx, user, id, &eventra.ReleaseHold{BookingID: id, UserID: user}, eventra.BookingCancelled, eventra.CodeNotCancellable)
}

// Refund takes a confirmed booking back and has its money returned.
func (b *BoxOffice) Refund(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	booking, err := b.end(ctx, eventra.ID{}, id, &eventra.RefundBooking{BookingID: id}, eventra.BookingRefunded, eventra.CodeNotRefundable)
	if err == nil {
		b.payments.refund(booking.PaymentID) // what fails here is made up for by the reconciler
	}
	return booking, err
}

// end carries out a command that ends a booking. Where it has ended already,
// its stored status says whether that is what was wanted.
func (b *BoxOffice) end(ctx context.Context, user, id eventra.ID, cmd eventra.Command, wanted eventra.BookingStatus, otherwise eventra.Code) (*eventra.Booking, error) {
	booking, err := b.booking(ctx, user, id)
	if err != nil {
		return nil, err
	}
	if booking.Status.Live() {
		r, err := b.events.doTo(ctx, booking, cmd)
		if err == nil {
			return r.booking, nil
		}
		if !errors.Is(err, eventra.ErrNotLive) {
			return nil, err
		}
		if booking, err = b.booking(ctx, user, id); err != nil {
			return nil, err
		}
	}
	if booking.Status != wanted {
		return nil, eventra.Errorf(otherwise, "the booking is %s", booking.Status)
	}
	return booking, nil
}

// booking reads a booking; one of somebody else does not exist for a user. A
// zero user may read all.
func (b *BoxOffice) booking(ctx context.Context, user, id eventra.ID) (*eventra.Booking, error) {
	booking, err := b.store.Booking(ctx, id)
	if err == nil && !user.IsZero() && booking.UserID != user {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	return booking, err
}

// Pay pays for a held booking: see [PaymentProcessor.Pay].
func (b *BoxOffice) Pay(ctx context.Context, req eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	return b.payments.Pay(ctx, req)
}
