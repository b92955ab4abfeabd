package actors

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/groupcommit"
)

// simStore is PostgreSQL with one event: tables, transactions that wait for each
// other as the real ones do, and a connection that loses messages. The guards of a
// commit are in simcommit_test.go.
type simStore struct {
	s *simulation
	tables

	sharing int  // transactions that hold the event's row FOR SHARE
	taken   bool // an activation's transaction has updated the row
	queue   []*transaction
}

// transaction commits a batch or, without one, takes an epoch.
type transaction struct {
	batch *eventra.Batch
	at    time.Time // its now()
	undo  []func()
	terms eventra.EventStatus // if the transaction writes the terms, which takes an epoch too
	// reprices: it writes the next prices, likewise; removes: it removes a seat.
	reprices, removes bool
	ended             func(eventra.Receipt, *eventra.Snapshot, error)
}

var errAborted = errors.New("canceling statement due to statement timeout")

// Activate implements EventStore.
func (db *simStore) Activate(context.Context, eventra.ID) (*eventra.Snapshot, error) {
	type result struct {
		snapshot *eventra.Snapshot
		err      error
	}
	answer := awaiting[result](db.s)
	if db.away() {
		db.s.sleep(db.s.between(time.Millisecond, time.Second))
		return nil, eventra.Unavailable("postgres", nil)
	}
	tx := &transaction{}
	tx.ended = func(_ eventra.Receipt, snapshot *eventra.Snapshot, err error) {
		db.reply(func() { answer.keep(result{snapshot, err}) })
	}
	db.send(func() { db.begin(tx, true) })
	if r, ok := answer.await(db.clientTimeout(loadTimeout)); ok {
		return r.snapshot, r.err
	}
	return nil, eventra.Unavailable("postgres", nil)
}

// Commit implements EventStore.
func (db *simStore) Commit(_ context.Context, batch *eventra.Batch) (eventra.Receipt, error) {
	return db.commit(batch, true)
}

// CommitTogether implements EventStore.
func (db *simStore) CommitTogether(_ context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	if len(batches) != 1 {
		db.s.fail("%d batches of one event in one transaction", len(batches))
	}
	receipt, err := db.commit(batches[0], false)
	return []eventra.Receipt{receipt}, err
}

func (db *simStore) commit(batch *eventra.Batch, waits bool) (eventra.Receipt, error) {
	type result struct {
		receipt eventra.Receipt
		err     error
	}
	answer := awaiting[result](db.s)
	if db.away() {
		db.s.sleep(db.s.between(time.Millisecond, time.Second))
		return eventra.Receipt{}, eventra.ErrNotCommitted
	}
	tx := &transaction{batch: batch}
	tx.ended = func(receipt eventra.Receipt, _ *eventra.Snapshot, err error) {
		db.reply(func() { answer.keep(result{receipt, err}) })
	}
	db.send(func() { db.begin(tx, waits) })
	if r, ok := answer.await(db.clientTimeout(groupcommit.CommitTimeout)); ok {
		return r.receipt, r.err
	}
	return eventra.Receipt{}, eventra.ErrOutcomeUnknown
}

// Booking implements EventStore.
func (db *simStore) Booking(_ context.Context, id eventra.ID) (*eventra.Booking, error) {
	if err := db.read(); err != nil {
		return nil, err
	}
	row, ok := db.bookings[id]
	if !ok {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	return &row, nil
}

// ConfirmedOf implements EventStore.
func (db *simStore) ConfirmedOf(_ context.Context, _ eventra.ID, bookings, customers []eventra.ID) (found []*eventra.Booking, err error) {
	if err := db.read(); err != nil {
		return nil, err
	}
	for _, id := range db.order {
		b := db.bookings[id]
		if b.Status == eventra.BookingConfirmed && (slices.Contains(bookings, id) || slices.Contains(customers, b.UserID)) {
			b.Refunds = db.refundsOf(b.PaymentID)
			found = append(found, &b)
		}
	}
	db.s.sleep(db.s.latency())
	return found, nil
}

// Payment reads one attempt.
func (db *simStore) Payment(_ context.Context, id eventra.ID) (*eventra.Payment, error) {
	if err := db.read(); err != nil {
		return nil, err
	}
	row, ok := db.payments[id]
	if !ok {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such payment")
	}
	return &row, nil
}

// Layout implements EventStore.
func (db *simStore) Layout(_ context.Context, _ eventra.ID, seats int) (*eventra.Layout, error) {
	return eventra.NewLayout(db.remaining(seats)), nil
}

func (db *simStore) read() error {
	db.s.sleep(db.s.latency())
	if db.away() {
		return eventra.Unavailable("postgres", nil)
	}
	return nil
}

// away reports whether there is no connection now.
func (db *simStore) away() bool { return !db.s.faultless && db.s.chance(db.s.odds.storeAway) }

// send sends a transaction to the server, or loses it.
func (db *simStore) send(arrive func()) {
	if db.s.faultless || !db.s.chance(db.s.odds.storeLost) {
		db.s.after(db.s.latency(), arrive)
	}
}

// reply sends the server's answer, or loses it.
func (db *simStore) reply(arrive func()) {
	if db.s.faultless || !db.s.chance(db.s.odds.storeLost) {
		db.s.after(db.s.latency(), arrive)
	}
}

// clientTimeout is when the client gives up. A connection may break long before the
// timeout.
func (db *simStore) clientTimeout(timeout time.Duration) time.Duration {
	if !db.s.faultless && db.s.chance(db.s.odds.storeLost) {
		return db.s.between(time.Millisecond, 100*time.Millisecond)
	}
	return timeout
}

// begin is a transaction's first statement, which wants the event's row. A
// transaction that does not wait fails if the row is locked.
func (db *simStore) begin(tx *transaction, waits bool) {
	tx.at = db.s.storeTime()
	if !waits && db.taken {
		tx.ended(eventra.Receipt{}, nil, eventra.ErrSplitBatch)
		return
	}
	db.queue = append(db.queue, tx)
	db.grant()
}

// grant lets transactions go on that need not wait any longer: batches share the
// row, an activation has it alone.
func (db *simStore) grant() {
	waiting := db.queue[:0]
	for _, tx := range db.queue {
		switch {
		case db.taken, tx.batch == nil && db.sharing > 0:
			waiting = append(waiting, tx)
		case tx.batch == nil:
			db.taken = true
			now := db.s.storeTime()
			db.s.after(db.work(), func() { db.activate(tx, now) })
		case !db.owns(tx.batch.Epoch):
			tx.ended(eventra.Receipt{}, nil, eventra.ErrStaleEpoch)
		default:
			db.sharing++
			db.s.after(db.work(), func() { db.end(tx) })
		}
	}
	db.queue = waiting
}

// owns is the fence.
func (db *simStore) owns(epoch int64) bool { return epoch == db.epoch }

// work is how long the server takes.
func (db *simStore) work() time.Duration {
	if db.s.chance(db.s.odds.late) {
		return db.s.between(10*time.Millisecond, 3*time.Second)
	}
	return db.s.between(100*time.Microsecond, 5*time.Millisecond)
}

// activate commits an activation's transaction.
func (db *simStore) activate(tx *transaction, now time.Time) {
	db.taken = false
	if db.aborts() {
		tx.ended(eventra.Receipt{}, nil, eventra.Unavailable("postgres", errAborted))
	} else {
		db.epoch++
		if db.s.event.terms.Status.CanBecome(tx.terms) {
			db.s.event.terms.Become(tx.terms)
			db.s.tracef("store: the event is %s", tx.terms)
		}
		if tx.reprices {
			db.s.event.pricing = simPricing(db.s.event.pricing.Version + 1)
			db.s.tracef("store: pricing %d", db.s.event.pricing.Version)
		}
		if tx.removes {
			db.remove()
		}
		db.s.tracef("store: epoch %d", db.epoch)
		tx.ended(eventra.Receipt{}, db.snapshot(now), nil)
	}
	db.grant()
}

// end commits a batch's transaction, or rolls it back.
func (db *simStore) end(tx *transaction) {
	db.sharing--
	receipt, err := eventra.Receipt{}, eventra.ErrNotCommitted
	if !db.aborts() {
		receipt, err = db.apply(tx)
	}
	if db.s.traced {
		db.s.tracef("store: batch of epoch %d, version %d: %s: %v", tx.batch.Epoch, tx.batch.Version, describeBatch(tx.batch, receipt.Refused), err)
	}
	if err == nil {
		db.s.checkStore(tx)
	}
	tx.ended(receipt, nil, err)
	db.grant()
}

func (db *simStore) aborts() bool { return !db.s.faultless && db.s.chance(db.s.odds.aborts) }

// snapshot is what an activation reads. CONFIRMED bookings without seats are counted.
func (db *simStore) snapshot(now time.Time) *eventra.Snapshot {
	snapshot := &eventra.Snapshot{EventID: db.s.event.id, Epoch: db.epoch, Terms: db.s.event.terms,
		Seats: db.remaining(len(db.seats)), LayoutVersion: db.removedAt, States: slices.Clone(db.seats), Now: now,
		Floors: []eventra.StoredFloor{db.floor}, PlacesCounted: true, Pricing: db.s.event.pricing, Categories: slices.Repeat([]eventra.CategoryNo{1}, len(db.seats))}
	for _, id := range db.order {
		if b := db.bookings[id]; b.Status.Live() && (b.Status == eventra.BookingHeld || ownsSeats(&b)) {
			b.Refunds = db.refundsOf(b.PaymentID)
			snapshot.Bookings = append(snapshot.Bookings, &b)
		}
	}
	return snapshot
}

func ownsSeats(b *eventra.Booking) bool {
	for range b.OwnSeats() {
		return true
	}
	return false
}
