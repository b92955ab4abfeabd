package eventra

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// RefundStatus is the state of a refund: PENDING → SUCCEEDED | FAILED. No refund stays PENDING.
type RefundStatus string

// The states of a refund.
const (
	RefundPending   RefundStatus = "PENDING"
	RefundSucceeded RefundStatus = "SUCCEEDED"
	RefundFailed    RefundStatus = "FAILED" // no money moved, and none will
)

// Refund returns a part of a payment's money. The row exists, PENDING, before the gateway is
// asked. Only its status ever changes.
type Refund struct {
	ID        ID
	BookingID ID
	PaymentID ID
	EventID   ID
	N         int // counts the refunds of a payment, from 1
	Amount    Money
	Items     []int // the numbers of the items that it is for, in order
	Released  bool  // the booking no longer has them
	Reason    string
	Status    RefundStatus
	CreatedAt time.Time
}

// GatewayKey names the refund at the gateway: asked again under it, the gateway moves no more
// money. It follows from the row alone, so every try has the same one.
func (r *Refund) GatewayKey() string { return fmt.Sprintf("refund/%v/%d", r.PaymentID, r.N) }

// ErrRefundRefused says that a gateway will never carry a refund out: no money has moved under
// its key, and none will.
var ErrRefundRefused = errors.New("the gateway refuses to return that money")

// ItemsPrice stands for the price of the items of a refund, in place of an amount.
const ItemsPrice int64 = -1

// RefundItems returns money of a confirmed booking, for some of its items or none. Items that
// are released are free for others at once; without its last item the booking is REFUNDED.
type RefundItems struct {
	RefundID  ID
	BookingID ID
	Items     []int  // their numbers; none if All is set
	All       bool   // every item that the booking still has
	Amount    int64  // or ItemsPrice
	Currency  string // of the amount; empty: that of the booking
	Release   bool
	Reason    string
	By        Actor // for the audit log
}

// EndRefund reports what the gateway made of a refund.
type EndRefund struct {
	Refund  Refund       // as it was decided
	Outcome RefundStatus // SUCCEEDED or FAILED
}

func (*RefundItems) isCommand() {}
func (*EndRefund) isCommand()   {}

// Validate checks what needs no knowledge of the booking.
func (cmd *RefundItems) Validate(f *Faults) {
	validateText(f, "reason", cmd.Reason, 0, ReasonMaxRunes)
	if cmd.Amount < ItemsPrice {
		f.Add("amount", "range", "must not be negative")
	}
	switch {
	case cmd.All:
		return
	case len(cmd.Items) > MaxSeatsPerBookingMax:
		f.Add("items", "too_many", "must be at most %d items", MaxSeatsPerBookingMax)
		return
	case len(cmd.Items) == 0 && cmd.Amount <= 0:
		f.Add("items", "required", "give items, an amount or both")
	}
	for i, no := range cmd.Items {
		switch {
		case no < 1 || no > MaxSeatsPerBookingMax:
			f.Add(indexed("items", i), "unknown_item", "must be the number of an item of the booking")
		case slices.Contains(cmd.Items[:i], no):
			f.Add(indexed("items", i), "duplicate", "names an item twice")
		}
	}
}

// refund finds one of the booking's refunds.
func (b *Booking) refund(id ID) *Refund {
	for i := range b.Refunds {
		if b.Refunds[i].ID == id {
			return &b.Refunds[i]
		}
	}
	return nil
}

// Refundable is the money of a confirmed booking that no refund returns so far. One that is
// PENDING may have moved its money.
func (b *Booking) Refundable() int64 {
	left := b.Total.Amount
	for i := range b.Refunds {
		if b.Refunds[i].Status != RefundFailed {
			left -= b.Refunds[i].Amount.Amount
		}
	}
	return left
}

// returned reports whether an earlier refund is for that item.
func (b *Booking) returned(item int) bool {
	return slices.ContainsFunc(b.Refunds, func(r Refund) bool {
		return r.Status != RefundFailed && slices.Contains(r.Items, item)
	})
}

func (m *SeatMap) decideRefundItems(cmd *RefundItems) Decision {
	b := m.live[cmd.BookingID]
	switch {
	case m.claims[cmd.BookingID] != nil:
		return Decision{Verdict: Wait}
	case m.lacks(cmd.BookingID):
		return learnFirst(ID{}, cmd.BookingID)
	case b == nil:
		return refuse(ErrNotLive)
	}
	if made := b.refund(cmd.RefundID); made != nil {
		return Decision{Verdict: Answer, Booking: b, Refund: made}
	}
	if b.Status != BookingConfirmed {
		return refuse(Errorf(CodeNotRefundable, "only a confirmed booking can be refunded; this one is %s", b.Status))
	}
	r, err := b.newRefund(cmd)
	if err != nil {
		return refuse(err)
	}
	next := *b
	if r.Released {
		next.release(r.Items)
	}
	return m.accept(&Change{Kind: ItemsRefunded, Booking: &next, Refund: r, Audit: cmd.audit(r, b)})
}

// audit returns the entry of the audit log, which has the refund's id: it is refused with it.
func (cmd *RefundItems) audit(r *Refund, b *Booking) *AuditEntry {
	if cmd.By.IsZero() {
		return nil
	}
	entry := cmd.By.AboutRefund(r.ID, b, nil, Facts{"amount": r.Amount.Amount, "currency": r.Amount.Currency,
		"items": r.Items, "released": r.Released, "reason": r.Reason})
	return &entry
}

// audit returns the entry of the audit log. The store gives it an id: no guard refuses such a change.
func (cmd *RefundBooking) audit(b *Booking) *AuditEntry {
	if cmd.By.IsZero() {
		return nil
	}
	entry := cmd.By.AboutRefund(ID{}, b, Facts{"status": string(b.Status)},
		Facts{"status": string(BookingRefunded), "amount": b.Refundable(), "currency": b.Total.Currency})
	return &entry
}

// newRefund decides what a refund returns. Its number is the next one: those before have been
// committed, and each keeps its own.
func (b *Booking) newRefund(cmd *RefundItems) (*Refund, error) {
	items, err := b.itemsToRefund(cmd)
	if err != nil {
		return nil, err
	}
	if cmd.Currency != "" && cmd.Currency != b.Total.Currency {
		var faults Faults
		faults.Add("amount.currency", "other_currency", "must be %s, like the booking", b.Total.Currency)
		return nil, faults.Err()
	}
	r := &Refund{ID: cmd.RefundID, BookingID: b.ID, PaymentID: b.PaymentID, EventID: b.EventID, N: b.nextRefund(),
		Amount: Money{Amount: cmd.Amount, Currency: b.Total.Currency}, Items: items, Released: cmd.Release && len(items) > 0,
		Reason: cmd.Reason, Status: RefundPending}
	if cmd.Amount == ItemsPrice {
		r.Amount.Amount = b.priceLeft(items)
	}
	switch refundable := b.Refundable(); {
	case r.Amount.Amount > refundable:
		return nil, &Error{Code: CodeRefundExceedsPayment, Refundable: &Money{Amount: refundable, Currency: b.Total.Currency},
			Message: "that is more than is left of what was paid"}
	case r.Amount.Amount == 0 && !r.Released:
		return nil, Errorf(CodeNotRefundable, "the price of these items has gone back before")
	case r.Amount.Amount == 0:
		r.Status = RefundSucceeded // there is nothing to ask the gateway for
	}
	return r, nil
}

// nextRefund is the number of the booking's next refund. Those before may have gaps: a database
// that was restored knows of some by the gateway alone, which keeps none that moved no money.
func (b *Booking) nextRefund() int {
	if len(b.Refunds) == 0 {
		return 1
	}
	return b.Refunds[len(b.Refunds)-1].N + 1
}

// itemsToRefund are the numbers of the items that a refund is for, in order.
func (b *Booking) itemsToRefund(cmd *RefundItems) (items []int, err error) {
	if cmd.All {
		for i := range b.Items {
			if !b.Items[i].Released {
				items = append(items, i+1)
			}
		}
		return items, nil
	}
	var faults Faults
	released := false
	for i, no := range cmd.Items {
		if no < 1 || no > len(b.Items) {
			faults.Add(indexed("items", i), "unknown_item", "must be the number of an item of the booking")
			continue
		}
		released = released || b.Items[no-1].Released
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if released {
		return nil, Errorf(CodeItemReleased, "the booking no longer has one of the items")
	}
	return slices.Sorted(slices.Values(cmd.Items)), nil
}

// priceLeft is the price of the items, but for those that an earlier refund was for.
func (b *Booking) priceLeft(items []int) (amount int64) {
	for _, no := range items {
		if !b.returned(no) {
			amount += b.Items[no-1].Amount
		}
	}
	return amount
}

// release gives items up; without any the booking is REFUNDED. The items before belong to an
// earlier state of the booking, too.
func (b *Booking) release(items []int) {
	b.Items = slices.Clone(b.Items)
	for _, no := range items {
		b.Items[no-1].Released = true
	}
	if b.tickets() == 0 {
		b.Status = BookingRefunded
	}
}

// decideEndRefund notes what the gateway answered. The store tells whether the refund of a booking that is
// no longer live has ended before. An activation that does not know a refund has fallen behind
// the store, and learns that from its commit.
func (m *SeatMap) decideEndRefund(cmd *EndRefund) Decision {
	switch {
	case m.claims[cmd.Refund.BookingID] != nil:
		return Decision{Verdict: Wait}
	case m.lacks(cmd.Refund.BookingID):
		return learnFirst(ID{}, cmd.Refund.BookingID)
	}
	ended := cmd.Refund
	ended.Status = cmd.Outcome
	c := &Change{Kind: RefundEnded, Refund: &ended}
	b := m.live[cmd.Refund.BookingID]
	if b == nil {
		return m.accept(c)
	}
	if made := b.refund(ended.ID); made != nil {
		if made.Status != RefundPending {
			return Decision{Verdict: Answer, Booking: b, Refund: made}
		}
		next := *b
		next.Refunds = slices.Clone(b.Refunds)
		next.refund(ended.ID).Status = ended.Status
		if ended.Status == RefundSucceeded {
			next.Refunded += ended.Amount.Amount
		}
		c.Booking = &next
	}
	return m.accept(c)
}

// refundItems stores a refund, and frees the seats of the items that it releases.
func (m *SeatMap) refundItems(c *Change, version uint64, at time.Time) {
	c.Refund.CreatedAt = at
	b := c.Booking
	stored := m.live[b.ID]
	b.Refunds = append(slices.Clip(stored.Refunds), *c.Refund)
	for _, item := range c.SeatItems() {
		m.freeSeat(item, stored, version)
	}
	for _, item := range c.PlaceItems() {
		floor := &m.floors[item.Floor]
		floor.add(statusOf(stored), -1)
		floor.Changed = version
	}
	m.customers.add(b.UserID, b.tickets()-stored.tickets(), 0)
	if b.Status.Live() {
		m.replace(b)
	} else {
		m.noteEnd(b.ID)
	}
}
