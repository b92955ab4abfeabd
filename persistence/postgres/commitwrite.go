package postgres

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

type (
	uuids   = pgtype.FlatArray[pgtype.UUID]
	ints    = pgtype.FlatArray[int32]
	bigints = pgtype.FlatArray[int64]
	texts   = pgtype.FlatArray[string]

	smallints       = pgtype.FlatArray[int16]
	bools           = pgtype.FlatArray[bool]
	nullableBigints = pgtype.FlatArray[pgtype.Int8]

	nullableSmallints = pgtype.FlatArray[pgtype.Int2]
)

// uuid is an id as a parameter; the zero id is NULL.
func uuid(id eventra.ID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: !id.IsZero()} }

func uuidsOf(ids []eventra.ID) uuids {
	all := make(uuids, len(ids))
	for i, id := range ids {
		all[i] = uuid(id)
	}
	return all
}

// writes are batches, sorted into one write for each kind of change in them.
type writes struct {
	events uuids // one entry a batch
	epochs bigints
	kinds  []*write
	places placesWrite
	audit  *auditColumns // nil if no change has an entry
}

// write is all changes of one kind, as the columns of its statement.
type write struct {
	statement
	at []position

	// One entry a change.
	events                              uuids
	bookings, users, payments, replaced uuids
	amounts                             bigints
	currencies, methods                 texts
	statuses, refusals                  texts
	holds, grace                        bigints // microseconds
	attempts                            []*eventra.IdempotencyAttempt
	notices                             notices
	refunds                             refunds

	// One entry a batch that changes seats: its event, and their new version.
	batches  uuids
	versions bigints

	// One entry a seat.
	seatEvents   uuids
	seats        ints
	seatBookings uuids
	positions    ints
	seatAmounts  bigints
	// Of holds at a stored pricing; else nil, which is null for each seat.
	categories, ticketTypes nullableSmallints

	blockings *blockings // of Blocked and Unblocked
	customers customerColumns
}

// notices are the columns of mails that changes bring with them.
type notices struct {
	bookings, abouts, events uuids
	kinds                    texts
	amounts                  bigints
}

func (n *notices) add(event eventra.ID, c *eventra.Change) {
	n.bookings, n.abouts, n.events = append(n.bookings, uuid(c.Booking.ID)), append(n.abouts, uuid(c.Notice.About)), append(n.events, uuid(event))
	n.kinds, n.amounts = append(n.kinds, string(c.Notice.Kind)), append(n.amounts, c.Notice.Amount)
}

// position is where a change stands: the index of its batch, and its own in that
// batch.
type position struct{ batch, change int }

// gather sorts the changes of batches into writes.
func gather(batches []*eventra.Batch) *writes {
	all := &writes{}
	var sizes [len(statements)]size
	for _, batch := range batches {
		for _, c := range batch.Changes {
			sizes[kindOf(c)].count(c)
		}
	}
	var byKind [len(statements)]*write
	for i, batch := range batches {
		all.events = append(all.events, uuid(batch.EventID))
		all.epochs = append(all.epochs, batch.Epoch)
		for j, c := range batch.Changes {
			kind := kindOf(c)
			w := byKind[kind]
			if w == nil {
				w = newWrite(c, sizes[kind])
				byKind[kind] = w
				all.kinds = append(all.kinds, w)
			}
			w.at = append(w.at, position{i, j})
			w.add(batch, c)
			all.places.add(batch, c)
			if c.Audit != nil {
				all.addAudit(c.Audit)
			}
		}
	}
	return all
}

func (w *writes) addAudit(e *eventra.AuditEntry) {
	if w.audit == nil {
		w.audit = &auditColumns{}
	}
	w.audit.add(e)
}

// size counts changes, and the seats of their bookings.
type size struct{ changes, seats int }

func (s *size) count(c *eventra.Change) {
	s.changes++
	if c.Booking != nil {
		s.seats += len(c.Booking.Items)
	}
}

// newWrite makes a write for changes like c, with room for n of them in the columns that
// its statement reads most.
func newWrite(c *eventra.Change, n size) *write {
	w := &write{statement: statements[kindOf(c)], at: make([]position, 0, n.changes),
		events: make(uuids, 0, n.changes), bookings: make(uuids, 0, n.changes), users: make(uuids, 0, n.changes),
		amounts: make(bigints, 0, n.changes), currencies: make(texts, 0, n.changes), holds: make(bigints, 0, n.changes)}
	if c.Kind.ChangesSeats() {
		w.seatEvents, w.seats, w.seatBookings = make(uuids, 0, n.seats), make(ints, 0, n.seats), make(uuids, 0, n.seats)
		w.positions, w.seatAmounts = make(ints, 0, n.seats), make(bigints, 0, n.seats)
	}
	return w
}

func (w *write) add(batch *eventra.Batch, c *eventra.Change) {
	w.events = append(w.events, uuid(batch.EventID))
	w.holds = append(w.holds, batch.Hold.Microseconds())
	if c.Blocking != nil {
		w.addBlocking(batch, c)
		return
	}
	w.addBooking(batch, c)
	if c.Attempt != nil {
		w.attempts = append(w.attempts, c.Attempt)
	}
	if c.Notice != nil {
		w.notices.add(batch.EventID, c)
	}
	if c.Refund != nil {
		w.refunds.add(c)
	}
	if p := c.Payment; p != nil {
		w.payments = append(w.payments, uuid(p.ID))
		w.replaced = append(w.replaced, uuid(p.BookingID))
		w.methods = append(w.methods, p.Method)
		w.statuses = append(w.statuses, string(p.Status))
		w.refusals = append(w.refusals, string(p.Refusal))
		w.grace = append(w.grace, c.Grace.Microseconds())
	}
}

func (w *write) addBooking(batch *eventra.Batch, c *eventra.Change) {
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
	if c.Kind.TakesSeats() {
		w.customers.add(batch, b)
	}
	event := uuid(batch.EventID)
	if len(w.batches) == 0 || w.batches[len(w.batches)-1] != event {
		w.batches = append(w.batches, event)
		w.versions = append(w.versions, int64(batch.Version))
	}
	for i, item := range c.SeatItems() {
		w.seatEvents = append(w.seatEvents, event)
		w.seats = append(w.seats, int32(item.No))
		w.seatBookings = append(w.seatBookings, uuid(b.ID))
		w.positions = append(w.positions, int32(i))
		w.seatAmounts = append(w.seatAmounts, item.Amount)
		if item.CategoryNo != 0 || item.TicketTypeNo != 0 {
			w.addNames(item)
		}
	}
}

// addNames notes the numbers of the last seat's category and ticket type. Seats before it
// may have none: rows without a pricing cost nothing here.
func (w *write) addNames(item *eventra.Item) {
	if before := len(w.seats) - 1 - len(w.categories); before > 0 {
		w.categories = append(w.categories, make(nullableSmallints, before)...)
		w.ticketTypes = append(w.ticketTypes, make(nullableSmallints, before)...)
	}
	w.categories = append(w.categories, pgtype.Int2{Int16: int16(item.CategoryNo), Valid: item.CategoryNo != 0})
	w.ticketTypes = append(w.ticketTypes, pgtype.Int2{Int16: int16(item.TicketTypeNo), Valid: item.TicketTypeNo != 0})
}

// args are the statement's parameters: see [statements].
func (w *write) args() []any { return w.columns(w) }

// guardedIDs are the ids by which a guarded statement returns what it wrote.
func (w *write) guardedIDs() uuids {
	switch {
	case w.byPayment:
		return w.payments
	case w.byRefund:
		return w.refunds.ids
	}
	return w.bookings
}
