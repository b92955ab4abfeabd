package actors

import (
	"context"
	"errors"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
)

// BoxOffice sells seats. It finds a booking's event, asks the event's actor, and
// answers from the store for bookings that are not live any more.
type BoxOffice struct {
	events *Directory
	store  EventStore
}

// NewBoxOffice makes a box office over a directory of events.
func NewBoxOffice(events *Directory, store EventStore) *BoxOffice {
	return &BoxOffice{events, store}
}

// Hold holds seats under the booking id that the command carries. If that id is
// in use already, the answer is the booking that was made under it. A command with an
// Attempt makes the hold only if its key is new: ErrClaimKeyFirst otherwise, or if the
// hold comes with a warning, or if the event's owner is a member of a release that would
// drop the key.
func (b *BoxOffice) Hold(ctx context.Context, event eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	r, err := b.events.do(ctx, event, cmd)
	refused := errors.Is(err, eventra.ErrRefusedByStore)
	switch {
	case cmd.Attempt != nil && (refused || errors.Is(err, cluster.ErrUnsupported)):
		return nil, eventra.ErrClaimKeyFirst
	case refused: // made before, and not live any more
		return b.booking(ctx, cmd.UserID, cmd.BookingID)
	case err != nil:
		return nil, err
	}
	b.events.bookings.put(r.booking.ID, event)
	return r.booking, nil
}

// HoldAgain retries a hold whose first outcome the caller never received. If the
// first attempt made the booking, that booking is the answer, whatever became of
// it since.
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

// Release ends a user's hold; doing so again is harmless.
func (b *BoxOffice) Release(ctx context.Context, user, id eventra.ID) (*eventra.Booking, error) {
	return b.end(ctx, user, id, &eventra.ReleaseHold{BookingID: id, UserID: user}, eventra.BookingCancelled, eventra.CodeNotCancellable)
}

// ForceRelease ends anybody's hold. The audit log has it, in the transaction that does it.
func (b *BoxOffice) ForceRelease(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	booking, err := b.booking(ctx, eventra.ID{}, id)
	if err != nil {
		return nil, err
	}
	cmd := &eventra.ReleaseHold{BookingID: id, UserID: booking.UserID, By: eventra.NamedActor(ctx)}
	return b.end(ctx, booking.UserID, id, cmd, eventra.BookingCancelled, eventra.CodeNotCancellable)
}

// end carries out a command that ends a booking. If the booking has ended
// already, its stored status decides whether that was what the command wants. The
// event is asked even if the store says so: the store knows of a commit before
// the event does, and seat maps must not be older than this answer.
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

// booking reads a booking. A user finds only their own bookings; a zero user
// finds all.
func (b *BoxOffice) booking(ctx context.Context, user, id eventra.ID) (*eventra.Booking, error) {
	booking, err := b.store.Booking(ctx, id)
	if err == nil && !user.IsZero() && booking.UserID != user {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	return booking, err
}
