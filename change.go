package eventra

import (
	"errors"
	"iter"
	"slices"
	"time"
)

// ChangeKind says what a [Change] does to bookings, seats and payments.
type ChangeKind uint8

const (
	// Held inserts the booking HELD; its seats go AVAILABLE → HELD. The deadline
	// is the transaction's time plus the event's hold. Attempt's key, if there is
	// one, is inserted with it. The store refuses this change alone, not its batch,
	// if the booking's id or the key was used before.
	Held ChangeKind = iota + 1
	// Released is HELD → CANCELLED; the seats are free.
	Released
	// Expired is HELD → EXPIRED; the seats are free. The store refuses this
	// change alone until the deadline and a payment's grace are past.
	Expired
	// PaymentStarted inserts the payment PENDING; the booking notes it with its
	// grace. The store refuses this change alone once the deadline is past, or if
	// the payment's id was used before.
	PaymentStarted
	// PaymentEnded is PENDING → DECLINED or FAILED (Payment.Status says which).
	// Booking, unless nil, stays held and no longer notes the attempt. The store
	// refuses this change alone if the payment is no longer PENDING.
	PaymentEnded
	// Confirmed is HELD → CONFIRMED; seats go HELD → BOOKED, the payment →
	// SUCCEEDED, and one outbox row is inserted.
	Confirmed
	// Rebooked sells the seats of an expired booking to its late payer, if all
	// are still free. Booking is the successor, inserted CONFIRMED; its seats go
	// AVAILABLE → BOOKED; the payment moves to it and is SUCCEEDED; the expired
	// booking (here still Payment.BookingID) notes ReplacedBy; one outbox row is
	// inserted. The store refuses this change alone if the payment is no longer
	// PENDING.
	Rebooked
	// RefundDue is PENDING → REFUND_PENDING for a payment that buys nothing;
	// Payment.Refusal says why. Booking, unless nil, stays held and no longer
	// notes the attempt. The store refuses this change alone if the payment is no
	// longer PENDING.
	RefundDue
	// Refunded is CONFIRMED → REFUNDED; the seats are free, and the payment goes
	// SUCCEEDED → REFUND_PENDING. Notice, if there is one, is inserted.
	Refunded
	// Blocked keeps seats off sale: AVAILABLE → BLOCKED, by the block Blocking; a seat that is
	// blocked already only gets that block. The store refuses this change alone if the
	// blocking's id was used before.
	Blocked
	// Unblocked is BLOCKED → AVAILABLE; refused as Blocked is.
	Unblocked
	// ItemsRefunded inserts Refund. The seats of the items that it releases are free; a
	// booking without any items left is CONFIRMED → REFUNDED. The payment stays SUCCEEDED. The store
	// refuses this change alone if the refund's id was used before.
	ItemsRefunded
	// RefundEnded is PENDING → SUCCEEDED or FAILED (Refund.Status says which). Booking, unless nil,
	// stays confirmed. The store refuses this change alone if the refund is no longer PENDING.
	RefundEnded
)

// FreesSeats reports whether the seats of all of the booking's items go back on sale.
func (k ChangeKind) FreesSeats() bool { return k == Released || k == Expired || k == Refunded }

// TakesSeats reports whether free seats become the booking's.
func (k ChangeKind) TakesSeats() bool { return k == Held || k == Rebooked }

// ChangesSeats reports whether any seat's status changes; with ItemsRefunded only if the refund
// releases items.
func (k ChangeKind) ChangesSeats() bool {
	return k.FreesSeats() || k.TakesSeats() || k == Confirmed || k == ItemsRefunded || k.Blocks()
}

// Blocks reports whether seats are blocked or given back. Such a change is about no booking.
func (k ChangeKind) Blocks() bool { return k == Blocked || k == Unblocked }

// Change is one decided fact to persist. Booking and Payment are in the state
// after the commit, except for what the store gives: times, see [SeatMap.Apply], and the
// reference of a new booking, see [Receipt].
type Change struct {
	Kind    ChangeKind
	Booking *Booking            // nil for RefundDue and PaymentEnded of an attempt that no live booking notes, for RefundEnded likewise, and for Blocked and Unblocked
	Payment *Payment            // nil for Held, Released, Expired, Blocked, Unblocked; for refunds see Booking.PaymentID
	Refund  *Refund             // of ItemsRefunded and RefundEnded; else nil
	Grace   time.Duration       // for PaymentStarted
	Attempt *IdempotencyAttempt // for Held under a key that is not claimed; else nil
	Notice  *Notice             // the mail that a Refunded of a cancelled event sends; else nil

	// Audit is the entry of the audit log that is written with the change; nil for most. If a guard may refuse the change,
	// the entry has the id of what the change makes: if that was used before, the entry is there already. Otherwise it may
	// have none.
	Audit *AuditEntry

	// For Blocked and Unblocked: who, why, and the seats in the order of their numbers.
	Blocking *Blocking
	Seats    []SeatNo
}

// Batch is a group of changes of one event that commit together or not at all.
// One activation decided all of them.
type Batch struct {
	EventID ID
	Epoch   int64         // the activation's fencing token
	Version uint64        // of the changed seats; higher than every version before
	Hold    time.Duration // from the transaction's time to the deadline of each Held
	// CustomerLimit is how many tickets one customer may have; 0 if nobody can have more.
	CustomerLimit int
	Changes       []*Change
}

// Receipt is the store's word on a committed batch.
type Receipt struct {
	At time.Time // the transaction's time, by the store's clock
	// Refused says, by position in the batch, whether a guard of the store
	// (deadlines, pending payments) refused this change and committed the
	// others. It is nil if no change was refused.
	Refused []bool
	// References are those of the bookings that the batch made, by the position of the
	// change. It is nil if no booking was made.
	References []Reference
}

// Errors of a batch that the store did not acknowledge. Each of them except
// ErrOutcomeUnknown proves that nothing was written.
var (
	// ErrStaleEpoch says that another activation has taken over. The caller
	// must retire.
	ErrStaleEpoch = errors.New("another activation owns the event")
	// ErrDiverged says that rows differ from the activation's memory. The caller
	// must reload.
	ErrDiverged = errors.New("stored state differs from the activation's")
	// ErrNotCommitted says that the store was away, or reported an error before
	// the commit.
	ErrNotCommitted = errors.New("not committed")
	// ErrSplitBatch says that batches could not commit together: one of them
	// failed, or its rows were locked. Each has to be committed alone, which
	// tells what is wrong with it.
	ErrSplitBatch = errors.New("the batches cannot be committed together")
	// ErrOutcomeUnknown says that the answer to the commit was lost. The stored
	// rows tell the outcome, once a new epoch has fenced this transaction off.
	ErrOutcomeUnknown = errors.New("outcome of the commit unknown")
)

// Snapshot is one event as the store has it, read under a new epoch.
type Snapshot struct {
	EventID ID
	Epoch   int64
	Terms   Terms
	Seats   []Seat        // by SeatNo
	States  []StoredState // by SeatNo
	Pricing *Pricing      // nil stands for one without ticket types
	// Categories are those of the seats, by SeatNo; nil if all are derived.
	Categories []CategoryNo
	Floors     []StoredFloor // in the order in which they were added
	Bookings   []*Booking    // every live one, or see PlacesCounted
	Now        time.Time     // the store's clock

	// PlacesCounted says that Bookings lacks the CONFIRMED ones without seats. Floors count their places.
	PlacesCounted bool

	LayoutVersion uint64 // of the seat map when seats were last added, or their pricing changed
}

// StoredState is the sale's part of a seat's row.
type StoredState struct {
	Status  SeatStatus
	Booking ID // zero if available
	Version uint64
}

// SeatItems are the items, by position, whose seats the change takes, moves or frees.
func (c *Change) SeatItems() iter.Seq2[int, *Item] { return c.items(true) }

// PlaceItems are the items, by position, whose places the change takes, moves or frees.
func (c *Change) PlaceItems() iter.Seq2[int, *Item] { return c.items(false) }

// items is one closure for all kinds of changes: loops over one of two would have their bodies on
// the heap, at each commit.
func (c *Change) items(seated bool) iter.Seq2[int, *Item] {
	return func(yield func(int, *Item) bool) {
		for i := range c.Booking.Items {
			if item := &c.Booking.Items[i]; item.Seated() == seated && c.touches(i) && !yield(i, item) {
				return
			}
		}
	}
}

// touches reports whether the change takes, moves or frees that item.
func (c *Change) touches(i int) bool {
	if c.Kind == ItemsRefunded {
		return c.Refund.Released && slices.Contains(c.Refund.Items, i+1)
	}
	return !c.Booking.Items[i].Released
}

// claims reports whether the change claims that seat while it is in flight.
func (c *Change) claims(no SeatNo) bool {
	if c.Kind.Blocks() {
		_, found := slices.BinarySearch(c.Seats, no)
		return found
	}
	return c.Kind.TakesSeats() && slices.ContainsFunc(c.Booking.Items, func(item Item) bool { return item.No == no })
}

// subject is the booking that a change is about, or the blocking that it is. At most
// one change of a subject may be in flight.
func (c *Change) subject() ID {
	if c.Blocking != nil {
		return c.Blocking.ID
	}
	if c.Payment != nil {
		return c.Payment.BookingID
	}
	if c.Refund != nil {
		return c.Refund.BookingID
	}
	return c.Booking.ID
}
