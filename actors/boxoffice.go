package actors

import (
	"context"
	"errors"

	"github.com/eventra/eventra"
)

// BoxOffice sells seats: it finds a booking's event, asks the event's actor,
// and answers from the store for bookings that are live no more.
type BoxOffice struct {
	events *Directory
	store  EventStore
}

// NewBoxOffice makes a box office over a directory of events.
func NewBoxOffice(events *Directory, store EventStore) *BoxOffice {
	return &BoxOffice{events, store}
}

// Hold holds seats under the booking id that the command carries. If that is
// live already, or is found to be used when it is stored, the booking that was
// made before is the answer.
func (b *BoxOffice) Hold(ctx context.Context, event eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	r, err := b.events.do(ctx, event, cmd)
	if errors.Is(err, eventra.ErrRefusedByStore) { // made before, and live no more
		return b.booking(ctx, cmd.UserID, cmd.BookingID)
	}
	if err != nil {
		return nil, err
	}
	b.events.bookings.put(r.booking.ID, event)
	return r.booking, nil
}

// HoldAgain is [BoxOffice.Hold] for a command that may have been carried out
// before, without anybody being told. If it was, its booking is the answer, whatever
// became of that, and not what is true of the seats by now.
func (b *BoxOffice) HoldAgain(ctx context.Context, event eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	booking, err := b.Hold(ctx, event, cmd)
	if err == nil || eventra.Undecided(err) {
		return booking, err
	}
	made, storeErr := b.booking(ctx, cmd.UserID, cmd.BookingID)
	switch {
	case storeErr == nil:
		return made, nil
	case eventra.CodeOf(storeErr) == eventra.CodeNotFound:
		return nil, err
	}
	return nil, storeErr
}

// Release gives a user's held seats back; doing so again is harmless.
func (b *BoxOffice) Release(ctx context.Context, user, id eventra.ID) (*eventra.Booking, error) {
	return b.end(ctx, user, id, &eventra.ReleaseHold{BookingID: id, UserID: user}, eventra.BookingCancelled, eventra.CodeNotCancellable)
}

// end carries out a command that ends a booking. Where it has ended already,
// its stored status says whether that is what was wanted. The event is asked
// even if the store says so: it may hear of a commit later than others read it,
// and what it tells must not be older than this answer.
func (b *BoxOffice) end(ctx context.Context, user, id eventra.ID, cmd eventra.Command, wanted eventra.BookingStatus, otherwise eventra.Code) (*eventra.Booking, error) {
	booking, err := b.booking(ctx, user, id)
	if err != nil {
		return nil, err
	}
	r, err := b.events.doLive(ctx, booking, cmd)
	switch {
	case err == nil:
		return r.booking, nil
	case !errors.Is(err, eventra.ErrNotLive):
		return nil, err
	}
	if booking.Status.Live() { // when it was read
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
