package actors

import (
	"slices"

	"github.com/eventra/eventra"
)

// tables are the rows of one event.
type tables struct {
	epoch     int64
	removedAt uint64 // version of the last removal of a seat
	seats     []eventra.StoredState
	floor     eventra.StoredFloor
	bookings  map[eventra.ID]eventra.Booking
	order     []eventra.ID // of the bookings' insertion
	payments  map[eventra.ID]eventra.Payment
	refunds   map[eventra.ID]eventra.Refund
	outbox    map[eventra.ID]bool // by booking
	blockings map[eventra.ID]eventra.Blocking
	keys      map[string]eventra.ID // the bookings written with them; zero for a refusal

	lastReference eventra.Reference
}

// diverged is the panic of a transaction that finds a row other than the activation
// believes. It rolls the transaction back.
type diverged struct{}

func (tx *transaction) must(ok bool) {
	if !ok {
		panic(diverged{})
	}
}

// apply carries out a batch with the guards that persistence/postgres has in its
// statements: everything but the refused changes, or nothing.
func (db *simStore) apply(tx *transaction) (receipt eventra.Receipt, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			if fault != (diverged{}) {
				panic(fault)
			}
			for _, undo := range slices.Backward(tx.undo) {
				undo()
			}
			receipt, err = eventra.Receipt{}, eventra.ErrDiverged
		}
	}()
	receipt.At = tx.at
	for i, c := range tx.batch.Changes {
		if db.write(tx, c) {
			if c.Kind.TakesSeats() {
				receipt.References = slices.Grow(receipt.References, len(tx.batch.Changes))[:len(tx.batch.Changes)]
				receipt.References[i] = db.bookings[c.Booking.ID].Reference
			}
			continue
		}
		if receipt.Refused == nil {
			receipt.Refused = make([]bool, len(tx.batch.Changes))
		}
		receipt.Refused[i] = true
	}
	return receipt, nil
}

// write carries out one change; false refuses it alone.
func (db *simStore) write(tx *transaction, c *eventra.Change) bool {
	switch c.Kind {
	case eventra.Held:
		return db.hold(tx, c)
	case eventra.Released:
		b := db.bookings[c.Booking.ID]
		tx.must(b.Status == eventra.BookingHeld && b.PaymentID.IsZero())
		db.release(tx, b, eventra.BookingCancelled)
	case eventra.Expired:
		return db.expire(tx, c)
	case eventra.PaymentStarted:
		return db.startPayment(tx, c)
	case eventra.PaymentEnded, eventra.RefundDue:
		return db.endPayment(tx, c)
	case eventra.Confirmed:
		db.confirm(tx, c)
	case eventra.Rebooked:
		return db.rebook(tx, c)
	case eventra.Refunded:
		b := db.bookings[c.Booking.ID]
		p := db.payments[b.PaymentID]
		tx.must(b.Status == eventra.BookingConfirmed && p.Status == eventra.PaymentSucceeded && p.BookingID == b.ID)
		db.pay(tx, p, eventra.PaymentRefundPending)
		db.release(tx, b, eventra.BookingRefunded)
	case eventra.ItemsRefunded:
		return db.refundItems(tx, c)
	case eventra.RefundEnded:
		return db.endRefund(tx, c)
	case eventra.Blocked, eventra.Unblocked:
		return db.block(tx, c)
	}
	return true
}

// hold inserts a booking, with its key if it has one, unless its id or key was used before.
func (db *simStore) hold(tx *transaction, c *eventra.Change) bool {
	if _, used := db.bookings[c.Booking.ID]; used {
		return false
	}
	if a := c.Attempt; a != nil {
		if _, used := db.keys[a.Key.Key]; used {
			return false
		}
		put(tx, db.keys, a.Key.Key, c.Booking.ID)
	}
	b := *c.Booking
	db.s.checkPick(&b)
	b.CreatedAt, b.ExpiresAt = tx.at, tx.at.Add(tx.batch.Hold)
	db.insert(tx, b, eventra.SeatHeld)
	return true
}

// expire ends a hold unless its time is not over.
func (db *simStore) expire(tx *transaction, c *eventra.Change) bool {
	b := db.bookings[c.Booking.ID]
	tx.must(b.Status == eventra.BookingHeld)
	if b.ExpiresAt.After(tx.at) || b.PayingUntil.After(tx.at) {
		return false
	}
	db.release(tx, b, eventra.BookingExpired)
	return true
}

// startPayment notes an attempt unless its id was used before or it is too late.
func (db *simStore) startPayment(tx *transaction, c *eventra.Change) bool {
	b := db.bookings[c.Booking.ID]
	tx.must(b.Status == eventra.BookingHeld && b.PaymentID.IsZero())
	if _, used := db.payments[c.Payment.ID]; used || !b.ExpiresAt.After(tx.at) {
		return false
	}
	p := *c.Payment
	p.CreatedAt = tx.at
	db.pay(tx, p, eventra.PaymentPending)
	b.PaymentID, b.PayingUntil = p.ID, tx.at.Add(c.Grace)
	put(tx, db.bookings, b.ID, b)
	return true
}

// endPayment ends an attempt that buys nothing, unless it has ended.
func (db *simStore) endPayment(tx *transaction, c *eventra.Change) bool {
	p := db.payments[c.Payment.ID]
	if p.Status != eventra.PaymentPending {
		return false
	}
	p.Refusal = c.Payment.Refusal
	db.pay(tx, p, c.Payment.Status)
	if c.Booking != nil {
		b := db.bookings[c.Booking.ID]
		tx.must(b.Status == eventra.BookingHeld && b.PaymentID == p.ID)
		b.PaymentID, b.PayingUntil = eventra.ID{}, c.Booking.PayingUntil
		put(tx, db.bookings, b.ID, b)
	}
	return true
}

func (db *simStore) confirm(tx *transaction, c *eventra.Change) {
	b, p := db.bookings[c.Booking.ID], db.payments[c.Payment.ID]
	tx.must(b.Status == eventra.BookingHeld && p.Status == eventra.PaymentPending && p.BookingID == b.ID)
	db.pay(tx, p, eventra.PaymentSucceeded)
	b.Status, b.PaymentID, b.PayingUntil = eventra.BookingConfirmed, p.ID, c.Booking.PayingUntil
	put(tx, db.bookings, b.ID, b)
	for _, s := range b.OwnSeats() {
		seat := db.seats[s.No]
		tx.must(seat.Status == eventra.SeatHeld && seat.Booking == b.ID)
		db.seat(tx, s.No, eventra.StoredState{Status: eventra.SeatBooked, Booking: b.ID, Version: tx.batch.Version})
	}
	db.places(tx, &b, 0)
	db.mail(tx, b.ID)
}

// rebook sells the seats of an expired booking to its late payer, unless the
// payment has ended.
func (db *simStore) rebook(tx *transaction, c *eventra.Change) bool {
	p := db.payments[c.Payment.ID]
	if p.Status != eventra.PaymentPending || p.BookingID != c.Payment.BookingID {
		return false
	}
	expired := db.bookings[p.BookingID]
	_, used := db.bookings[c.Booking.ID]
	tx.must(expired.Status == eventra.BookingExpired && expired.ReplacedBy.IsZero() && !used)
	expired.ReplacedBy = c.Booking.ID
	put(tx, db.bookings, expired.ID, expired)
	b := *c.Booking
	b.CreatedAt, b.ExpiresAt = tx.at, tx.at
	db.insert(tx, b, eventra.SeatBooked)
	p.BookingID = b.ID
	db.pay(tx, p, eventra.PaymentSucceeded)
	db.mail(tx, b.ID)
	return true
}

// insert adds a live booking and takes its seats. A seat is in one live booking.
func (db *simStore) insert(tx *transaction, b eventra.Booking, status eventra.SeatStatus) {
	db.lastReference++ // also if the transaction does not commit
	b.Reference = db.lastReference
	put(tx, db.bookings, b.ID, b)
	before := len(db.order)
	db.order = append(db.order, b.ID)
	tx.undo = append(tx.undo, func() { db.order = db.order[:before] })
	for _, s := range b.OwnSeats() {
		if db.seats[s.No].Status == eventra.SeatBlocked {
			db.s.fail("booking %s takes seat %s, which is blocked", nameOf(b.ID), s.Name())
		}
		if db.seats[s.No].Status == eventra.SeatRemoved {
			db.s.fail("booking %s takes seat %s, which was removed", nameOf(b.ID), s.Name())
		}
		tx.must(db.seats[s.No].Status == eventra.SeatAvailable)
		db.seat(tx, s.No, eventra.StoredState{Status: status, Booking: b.ID, Version: tx.batch.Version})
	}
	db.places(tx, &b, 1)
}

// places counts a booking's places as taken, confirmed or given back.
func (db *simStore) places(tx *transaction, b *eventra.Booking, by int) {
	n := 0
	for range b.OwnPlaces() {
		n++
	}
	db.countPlaces(tx, n, by)
}

func (db *simStore) countPlaces(tx *transaction, n, by int) {
	if n == 0 {
		return
	}
	before := db.floor
	tx.undo = append(tx.undo, func() { db.floor = before })
	db.floor.Taken += n * by
	db.floor.Version = tx.batch.Version
	tx.must(0 <= db.floor.Taken && db.floor.Taken <= db.floor.Capacity)
}

// release ends a booking and frees its seats.
func (db *simStore) release(tx *transaction, b eventra.Booking, status eventra.BookingStatus) {
	b.Status = status
	put(tx, db.bookings, b.ID, b)
	for _, s := range b.OwnSeats() {
		tx.must(db.seats[s.No].Booking == b.ID)
		db.s.freed(s.No)
		db.seat(tx, s.No, eventra.StoredState{Version: tx.batch.Version})
	}
	db.places(tx, &b, -1)
}

func (db *simStore) seat(tx *transaction, no eventra.SeatNo, next eventra.StoredState) {
	before := db.seats[no]
	db.seats[no] = next
	tx.undo = append(tx.undo, func() { db.seats[no] = before })
}

func (db *simStore) pay(tx *transaction, p eventra.Payment, status eventra.PaymentStatus) {
	p.Status, p.UpdatedAt = status, tx.at
	put(tx, db.payments, p.ID, p)
}

func (db *simStore) mail(tx *transaction, booking eventra.ID) {
	tx.must(!db.outbox[booking])
	put(tx, db.outbox, booking, true)
}

// put writes a row.
func put[K comparable, V any](tx *transaction, table map[K]V, key K, row V) {
	before, was := table[key]
	table[key] = row
	tx.undo = append(tx.undo, func() {
		if was {
			table[key] = before
		} else {
			delete(table, key)
		}
	})
}
