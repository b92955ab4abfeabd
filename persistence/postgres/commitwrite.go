package postgres

import (
	"slices"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

type (
	uuids   = pgtype.FlatArray[pgtype.UUID]
	ints    = pgtype.FlatArray[int32]
	bigints = pgtype.FlatArray[int64]
	texts   = pgtype.FlatArray[string]
)

// uuid is how an id is sent; a zero one is NULL.
func uuid(id eventra.ID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: !id.IsZero()} }

// writes is a batch, sorted into one write for each kind of change in it.
type writes struct {
	seats ints // that change, sorted, to be locked
	kinds []*write
}

// write is all changes of one kind, as the columns of its statement.
type write struct {
	statement
	at []int // positions in the batch

	// One entry a change.
	bookings, users, payments, replaced uuids
	amounts                             bigints
	currencies, methods, statuses       texts
	grace                               bigints // microseconds

	// One entry a seat.
	seats        ints
	seatBookings uuids
	positions    ints
	seatAmounts  bigints
}

func gather(batch *eventra.Batch) *writes {
	all := &writes{}
	var byKind [len(statements)]*write
	for i, c := range batch.Changes {
		w := byKind[c.Kind]
		if w == nil {
			w = &write{statement: statements[c.Kind]}
			byKind[c.Kind] = w
			all.kinds = append(all.kinds, w)
		}
		w.add(i, c)
		if c.Kind.ChangesSeats() {
			for _, s := range c.Booking.Seats {
				all.seats = append(all.seats, int32(s.No))
			}
		}
	}
	slices.Sort(all.seats)
	return all
}

func (w *write) add(at int, c *eventra.Change) {
	w.at = append(w.at, at)
	w.addBooking(c)
	if p := c.Payment; p != nil {
		w.payments = append(w.payments, uuid(p.ID))
		w.replaced = append(w.replaced, uuid(p.BookingID))
		w.methods = append(w.methods, p.Method)
		w.statuses = append(w.statuses, string(p.Status))
		w.grace = append(w.grace, c.Grace.Microseconds())
	}
}

func (w *write) addBooking(c *eventra.Change) {
	b := c.Booking
	if b == nil {
		w.bookings = append(w.bookings, pgtype.UUID{})
		return
	}
	w.bookings = append(w.bookings, uuid(b.ID))
	w.users = append(w.users, uuid(b.UserID))
	w.amounts = append(w.amounts, b.Total.Amount)
	w.currencies = append(w.currencies, b.Total.Currency)
	if !c.Kind.ChangesSeats() {
		return
	}
	for i, s := range b.Seats {
		w.seats = append(w.seats, int32(s.No))
		w.seatBookings = append(w.seatBookings, uuid(b.ID))
		w.positions = append(w.positions, int32(i))
		w.seatAmounts = append(w.seatAmounts, s.Price.Amount)
	}
}

// args are the statement's parameters: see [statements].
func (w *write) args(batch *eventra.Batch) []any { return w.columns(batch, w) }

// guardedIDs are what a guarded statement answers with for those it wrote.
func (w *write) guardedIDs() uuids {
	if w.byPayment {
		return w.payments
	}
	return w.bookings
}
