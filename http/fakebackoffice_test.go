package http

import (
	"context"
	"time"

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

func (f *fakes) BeginExport(_ context.Context, id eventra.ID) (time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return time.Time{}, eventra.NoSuchEvent()
	}
	return time.Now(), f.err
}

func (f *fakes) ExportBookings(ctx context.Context, e eventra.BookingExport, after *eventra.Cursor, limit int) ([]eventra.ExportedBooking, *eventra.Cursor, error) {
	f.mu.Lock()
	page := f.exportPage
	f.mu.Unlock()
	if page != nil {
		return page(ctx, e, after)
	}
	found, _, err := f.SearchBookings(ctx, eventra.BookingSearch{Status: e.Status}, eventra.Page{Limit: limit})
	exported := make([]eventra.ExportedBooking, len(found))
	for i, b := range found {
		exported[i] = eventra.ExportedBooking{Booking: b, Customer: eventra.Customer{ID: b.UserID}}
	}
	return exported, nil, err
}

func (f *fakes) EventReport(_ context.Context, id eventra.ID) (*eventra.EventReport, error) {
	if f.reading != nil {
		f.reading()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return nil, eventra.NoSuchEvent()
	}
	at := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	return &eventra.EventReport{At: at, Currency: "EUR", Total: 100, Held: 2, Sold: 3, Blocked: 5,
		Sales:    []eventra.TicketSales{{Category: "A", TicketType: "Standard", Held: 2, Sold: 2, Revenue: 3000}, {Category: "B", TicketType: "Child", Sold: 1, Revenue: 500}},
		Refunded: 1, Returned: 1500, Owed: 200, Hours: []eventra.SalesInHour{{Start: at, Bookings: 2, Revenue: 3500}}}, f.err
}

func (f *fakes) SeatHistory(_ context.Context, id eventra.ID, _ eventra.Seat, at time.Time, _ eventra.Page) ([]eventra.SeatUse, *eventra.Cursor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.events[id] == nil {
		return nil, nil, eventra.NoSuchEvent()
	}
	f.lookedAt = at
	return f.seatUses, nil, f.err
}

func (f *fakes) AppendAudit(_ context.Context, entries ...eventra.AuditEntry) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.audited = append(f.audited, entries...)
	return f.err
}

func (f *fakes) SendTicketsAgain(ctx context.Context, id eventra.ID) error {
	_, err := f.Booking(ctx, id)
	return err
}
