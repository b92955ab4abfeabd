package eventra

import (
	"errors"
	"time"
)

// ChangeKind says what a [Change] does to bookings, seats and payments.
type ChangeKind uint8

const (
	// Held: the booking is inserted HELD, its seats go AVAILABLE → HELD. Its
	// deadline is the transaction's time plus the event's hold. The store
	// refuses it alone, not its batch, if the booking's id was used before.
	Held ChangeKind = iota + 1
	// Released: HELD → CANCELLED, seats free.
	Released
	// Expired: HELD → EXPIRED, seats free. The store refuses it alone, not
	// its batch, while the deadline or a payment's grace lies ahead.
	Expired
	// PaymentStarted: the payment is inserted PENDING and the booking notes
	// it with its grace. The store refuses it alone once the deadline is past,
	// or if the payment's id was used before.
	PaymentStarted
	// PaymentEnded: PENDING → DECLINED or FAILED (Payment.Status says
	// which); Booking, if not nil, is still held and no longer notes the
	// attempt. The store refuses it alone if the payment is no longer PENDING.
	PaymentEnded
	// Confirmed: HELD → CONFIRMED, seats HELD → BOOKED, payment → SUCCEEDED,
	// one outbox row.
	Confirmed
	// Rebooked: a payment succeeded after its booking had expired, and the
	// seats are still free. Booking is the successor, inserted CONFIRMED; its
	// seats go AVAILABLE → BOOKED; the payment moves to it and SUCCEEDED;
	// the expired booking (here still Payment.BookingID) notes ReplacedBy; one
	// outbox row. The store refuses it alone if the payment is no longer PENDING.
	Rebooked
	// RefundDue: a payment succeeded for nothing: → REFUND_PENDING. No
	// booking or seat changes. The store refuses it alone if the payment is no
	// longer PENDING.
	RefundDue
	// Refunded: CONFIRMED → REFUNDED, seats free, payment SUCCEEDED →
	// REFUND_PENDING.
	Refunded
)

// FreesSeats reports whether the booking's seats go back on sale.
func (k ChangeKind) FreesSeats() bool { return k == Released || k == Expired || k == Refunded }

// TakesSeats reports whether free seats become the booking's.
func (k ChangeKind) TakesSeats() bool { return k == Held || k == Rebooked }

// ChangesSeats reports whether any seat's status changes.
func (k ChangeKind) ChangesSeats() bool { return k.FreesSeats() || k.TakesSeats() || k == Confirmed }

// Change is one decided fact to persist. Booking and Payment are as they will
// be once it is committed, but for the times that the store's clock gives:
// see [SeatMap.Apply].
type Change struct {
	Kind    ChangeKind
	Booking *Booking      // nil for RefundDue, and for PaymentEnded of a booking that is live no more
	Payment *Payment      // nil for Held, Released, Expired; for Refunded see Booking.PaymentID
	Grace   time.Duration // for PaymentStarted
}

// Batch is what one transaction persists, all or nothing: changes of one
// event that one activation decided.
type Batch struct {
	EventID ID
	Epoch   int64         // the activation's fencing token
	Version uint64        // that the changed seats get; above all before
	Hold    time.Duration // from the transaction's time to the deadline of each Held
	Changes []*Change
}

// Receipt tells what a committed batch came to.
type Receipt struct {
	At time.Time // the transaction's time, by the store's clock
	// Refused holds, by position in the batch, whether the store's own guard
	// (deadlines, pending payments) refused this change and committed the
	// others. Nil if none was.
	Refused []bool
}

// What the store says of a batch that it did not acknowledge. Each but
// ErrOutcomeUnknown proves that nothing was written.
var (
	// ErrStaleEpoch: another activation has taken over; this one is over.
	ErrStaleEpoch = errors.New("another activation owns the event")
	// ErrDiverged: rows are not as the activation believes; it must reload.
	ErrDiverged = errors.New("stored state differs from the activation's")
	// ErrNotCommitted: the store was away or said no before the commit.
	ErrNotCommitted = errors.New("not committed")
	// ErrSplitBatch: of several batches to be committed together, one stood in the
	// way, or what it wants was locked. Each has to be committed alone, and will
	// be told then what is wrong with it.
	ErrSplitBatch = errors.New("the batches cannot be committed together")
	// ErrOutcomeUnknown: the answer to the commit was lost. Only what is
	// stored tells, after a new epoch has fenced this transaction off.
	ErrOutcomeUnknown = errors.New("outcome of the commit unknown")
)

// Snapshot is one event as the store has it, read under a new epoch.
type Snapshot struct {
	EventID  ID
	Epoch    int64
	Terms    Terms
	Seats    []Seat        // by SeatNo
	States   []StoredState // by SeatNo
	Bookings []*Booking    // every live one
	Now      time.Time     // the store's clock
}

// StoredState is what a seat's row says of its sale.
type StoredState struct {
	Status  SeatStatus
	Booking ID // zero if available
	Version uint64
}

// subject is the booking that a change is about: no other change of it may be
// in flight.
func (c *Change) subject() ID {
	if c.Payment != nil {
		return c.Payment.BookingID
	}
	return c.Booking.ID
}
