package http

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

func (f *fakes) Hold(ctx context.Context, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := cmd.Attempt
	if a != nil && f.keys[a.Key] != nil {
		return nil, eventra.ErrClaimKeyFirst
	}
	if f.hold != nil {
		return f.hold(ctx, cmd)
	}
	if f.events[eventID] == nil {
		return nil, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	if b := f.bookings[cmd.BookingID]; b != nil {
		return b, f.err
	}
	seat := eventra.Seat{Section: "A", Row: "1", Number: 1, Price: eventra.Money{Amount: 1500, Currency: "EUR"}}
	b := &eventra.Booking{ID: cmd.BookingID, Reference: 4711, EventID: eventID, UserID: cmd.UserID, Status: eventra.BookingHeld,
		Items: []eventra.Item{eventra.NewItem(0, &seat, "A")}, Total: seat.Price,
		ExpiresAt: time.Now().Add(time.Minute), CreatedAt: time.Now()}
	if f.err != nil {
		return nil, f.err
	}
	f.bookings[b.ID] = b
	if a != nil {
		f.keys[a.Key] = &fakeKey{hash: a.RequestHash, id: b.ID, by: b.ID, held: true}
	}
	return b, nil
}

func (f *fakes) HoldAgain(ctx context.Context, eventID eventra.ID, cmd *eventra.HoldSeats) (*eventra.Booking, error) {
	f.heldAgain.Add(1)
	return f.Hold(ctx, eventID, cmd)
}

func (f *fakes) Release(ctx context.Context, userID, id eventra.ID) (*eventra.Booking, error) {
	b, err := f.Booking(ctx, id)
	if err == nil && b.UserID != userID {
		return nil, notFound()
	}
	return b, err
}

func (f *fakes) ForceRelease(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	b, err := f.Booking(ctx, id)
	if err == nil {
		f.released = eventra.NamedActor(ctx)
	}
	return b, err
}

func (f *fakes) SetBlocked(_ context.Context, eventID eventra.ID, cmd *eventra.SetBlocked) (*eventra.Blocking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[eventID] == nil {
		return nil, eventra.NoSuchEvent()
	}
	f.blocks = append(f.blocks, eventra.SeatBlock{ID: cmd.BlockingID, Author: cmd.Author, Reason: cmd.Reason, Seats: cmd.Selection.Seats, At: time.Now()})
	return &eventra.Blocking{ID: cmd.BlockingID, Changed: len(cmd.Selection.Seats), Version: 8}, f.err
}

func (f *fakes) Blocks(context.Context, eventra.ID, eventra.Page) ([]eventra.SeatBlock, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.blocks, nil, f.err
}

func (f *fakes) Refund(ctx context.Context, id eventra.ID) (*eventra.Booking, error) {
	return f.Booking(ctx, id)
}

func (f *fakes) RefundItems(ctx context.Context, cmd *eventra.RefundItems) (*eventra.Refund, error) {
	b, err := f.Booking(ctx, cmd.BookingID)
	if err != nil {
		return nil, err
	}
	return &eventra.Refund{ID: cmd.RefundID, BookingID: b.ID, Status: eventra.RefundSucceeded, Amount: b.Total, Items: cmd.Items,
		Released: cmd.Release, Reason: cmd.Reason, CreatedAt: time.Now()}, nil
}

func (f *fakes) BookingRefunds(context.Context, eventra.ID, eventra.Page) ([]eventra.Refund, *eventra.Cursor, error) {
	return nil, nil, f.err
}

func (f *fakes) Pay(ctx context.Context, r eventra.PaymentRequest) (*eventra.Payment, *eventra.Booking, error) {
	if f.pay != nil {
		return f.pay(r)
	}
	b, err := f.Booking(ctx, r.BookingID)
	if err != nil {
		return nil, nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p := &eventra.Payment{ID: r.PaymentID, BookingID: b.ID, Method: r.Method, Amount: b.Total,
		Status: eventra.PaymentSucceeded, CreatedAt: time.Now()}
	f.payments[p.ID] = p
	return p, b, f.err
}

func (f *fakes) Booking(_ context.Context, id eventra.ID) (*eventra.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.bookings[id]; b != nil {
		return b, f.err
	}
	return nil, notFound()
}

func (f *fakes) UserBookings(_ context.Context, userID eventra.ID, _ eventra.BookingFilter, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []*eventra.Booking
	for _, b := range f.bookings {
		if b.UserID == userID {
			found = append(found, b)
		}
	}
	if len(found) > p.Limit {
		found = found[:p.Limit]
		return found, &eventra.Cursor{Time: found[p.Limit-1].CreatedAt, ID: found[p.Limit-1].ID}, f.err
	}
	return found, nil, f.err
}

func (f *fakes) BookingPayments(_ context.Context, id eventra.ID, _ eventra.Page) ([]eventra.Payment, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []eventra.Payment
	for _, p := range f.payments {
		if p.BookingID == id {
			found = append(found, *p)
		}
	}
	return found, nil, f.err
}

func (f *fakes) BookingDetails(ctx context.Context, id eventra.ID) (eventra.BookingDetails, error) {
	details, err := f.DetailsOfBookings(ctx, []eventra.ID{id})
	return details[0], err
}

func (f *fakes) DetailsOfBookings(_ context.Context, ids []eventra.ID) ([]eventra.BookingDetails, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	details := make([]eventra.BookingDetails, len(ids))
	for i, id := range ids {
		if b := f.bookings[id]; b != nil {
			details[i] = eventra.BookingDetails{Metadata: f.metadata[id], Customer: eventra.Customer{ID: b.UserID, Kind: eventra.CustomerUser}}
			if u := f.users[b.UserID]; u != nil {
				details[i].Customer.Email, details[i].Customer.Name = u.Email, u.Name
			}
		}
	}
	return details, f.err
}

func (f *fakes) DetailsForOffice(ctx context.Context, ids []eventra.ID) ([]eventra.BookingDetails, error) {
	return f.DetailsOfBookings(ctx, ids)
}

func (f *fakes) PutMetadata(_ context.Context, b *eventra.Booking, m eventra.Metadata) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bookings[b.ID] == nil {
		return notFound()
	}
	f.metadata[b.ID] = m
	return f.err
}
