package http

import (
	"context"

	"github.com/eventra/eventra"
)

func (f *fakes) SearchBookings(_ context.Context, s eventra.BookingSearch, p eventra.Page) ([]*eventra.Booking, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.searched = s
	var found []*eventra.Booking
	for _, b := range f.bookings {
		if len(found) < p.Limit {
			found = append(found, b)
		}
	}
	if len(found) < len(f.bookings) {
		return found, &eventra.Cursor{Time: found[0].CreatedAt, ID: found[0].ID}, f.err
	}
	return found, nil, f.err
}

func (f *fakes) BookingRecord(ctx context.Context, id eventra.ID) (*eventra.BookingRecord, error) {
	b, err := f.Booking(ctx, id)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.record != nil {
		return f.record, f.err
	}
	return &eventra.BookingRecord{Booking: b}, f.err
}

func (f *fakes) CustomersByID(_ context.Context, ids []eventra.ID) (map[eventra.ID]eventra.Customer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[eventra.ID]eventra.Customer{}
	for _, id := range ids {
		if u := f.users[id]; u != nil {
			found[id] = eventra.Customer{ID: id, Kind: eventra.CustomerUser, Email: u.Email, Name: u.Name}
		}
	}
	return found, f.err
}

func (f *fakes) MailTries(context.Context, eventra.MailRef) (eventra.MailTries, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tries, f.triesErr
}
