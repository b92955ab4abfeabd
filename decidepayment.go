package eventra

import (
	"slices"
	"time"
)

func (m *SeatMap) decideStartPayment(cmd *StartPayment, now time.Time) Decision {
	live, otherwise := m.owned(cmd.BookingID, cmd.UserID)
	switch {
	case otherwise != nil:
		return *otherwise
	case live.PaymentID == cmd.PaymentID:
		return answer(live)
	case live.Status == BookingConfirmed:
		return refuse(Errorf(CodeAlreadyPaid, "the booking is paid"))
	case !live.PaymentID.IsZero():
		return refuse(&Error{Code: CodePaymentInProgress, Message: "another payment for this booking is running", RetryAfter: time.Second})
	case !now.Before(live.ExpiresAt):
		return refuse(Errorf(CodeHoldExpired, "the hold has run out"))
	case m.terms.Status != EventPublished:
		return refuse(Errorf(CodeSaleClosed, "the event is cancelled"))
	}
	b := *live
	b.PaymentID = cmd.PaymentID
	return m.accept(&Change{Kind: PaymentStarted, Booking: &b, Grace: cmd.Grace, Payment: &Payment{
		ID: cmd.PaymentID, BookingID: b.ID, EventID: m.eventID, UserID: b.UserID,
		Method: cmd.Method, Amount: b.Total, Status: PaymentPending,
	}})
}

// decideFinishPayment decides what an attempt's outcome means now. Money that
// was taken buys the booking while it is live; otherwise the same seats, if they
// are free; otherwise it goes back. A cancelled event sells nothing more.
func (m *SeatMap) decideFinishPayment(cmd *FinishPayment) Decision {
	payment := cmd.Payment
	if m.claims[payment.BookingID] != nil {
		return Decision{Verdict: Wait}
	}
	paid := cmd.Outcome == PaymentSucceeded
	payment.Status = cmd.Outcome
	live, successor := m.live[payment.BookingID], m.live[payment.ID]
	switch {
	case paid && successor != nil:
		return answer(successor)
	case paid && live == nil && (m.lacks(payment.BookingID) || m.lacks(payment.ID) || m.lacksCustomer(payment.UserID)):
		return m.learnPayment(&payment)
	case paid && live == nil:
		return m.rebook(&payment, m.itemsOf(cmd))
	case paid && live.Status == BookingHeld && m.terms.Status != EventPublished:
		return m.refundDue(&payment, CodeSaleClosed)
	case paid && live.Status == BookingHeld:
		b := *live
		b.Status, b.PaymentID, b.PayingUntil = BookingConfirmed, payment.ID, time.Time{}
		return m.accept(&Change{Kind: Confirmed, Booking: &b, Payment: &payment})
	case paid && live.PaymentID == payment.ID:
		return answer(live)
	case paid:
		return m.refundDue(&payment, CodeAlreadyPaid)
	}
	return m.accept(&Change{Kind: PaymentEnded, Booking: m.relieved(&payment), Payment: &payment})
}

// relieved is the held booking that notes the payment, without it; nil if there
// is none.
func (m *SeatMap) relieved(payment *Payment) *Booking {
	live := m.live[payment.BookingID]
	if live == nil || live.Status != BookingHeld || live.PaymentID != payment.ID {
		return nil
	}
	b := *live
	b.PaymentID, b.PayingUntil = ID{}, time.Time{}
	return &b
}

// itemsOf are the items that a late payment buys: as they were held, or at today's prices if
// only their seats are known. Items that cost something else than was paid are none.
func (m *SeatMap) itemsOf(cmd *FinishPayment) []Item {
	items, total := slices.Clone(cmd.Items), int64(0)
	for i := range items {
		item := &items[i]
		switch {
		case !item.Seated():
		case int(item.No) >= len(m.seats) || item.No < NoSeat:
			return nil
		case item.TicketType == "":
			*item = m.layout.newItem(item.No, m.layout.prices.standard)
		}
		item.Released = false // since its booking has expired
		total += item.Amount
	}
	if total != cmd.Payment.Amount.Amount {
		return nil
	}
	return items
}

func (m *SeatMap) rebook(payment *Payment, items []Item) Decision {
	if m.terms.Status != EventPublished {
		return m.refundDue(payment, CodeSaleClosed)
	}
	wait, err := m.customers.allow(payment.UserID, len(items))
	claimed, free := m.areFree(items)
	if err != nil || !free { // the customer has bought more since, or somebody else has
		return m.refundDue(payment, CodeHoldExpired)
	}
	if wait || claimed {
		return Decision{Verdict: Wait}
	}
	// The successor has the payment's id, so that repeating the command makes no second one.
	b := &Booking{ID: payment.ID, EventID: m.eventID, UserID: payment.UserID, Status: BookingConfirmed,
		Items: items, Total: payment.Amount, PaymentID: payment.ID}
	return m.accept(&Change{Kind: Rebooked, Booking: b, Payment: payment})
}

// areFree reports whether all items of a booking that ended, which are itemsOf its payment, are
// free. Claimed ones are a reason to wait.
func (m *SeatMap) areFree(items []Item) (wait, free bool) {
	wanted := make([]int, len(m.floors))
	for i := range items {
		switch item := &items[i]; {
		case !item.Seated() && int(item.Floor) < len(wanted):
			wanted[item.Floor]++
		case !item.Seated() || m.seats[item.No].taken():
			return false, false
		default:
			wait = wait || m.seats[item.No].claimed
		}
	}
	claimed, err := m.floors.room(wanted)
	return wait || claimed, err == nil && len(items) > 0
}

func (m *SeatMap) refundDue(payment *Payment, why Code) Decision {
	payment.Status, payment.Refusal = PaymentRefundPending, why
	return m.accept(&Change{Kind: RefundDue, Booking: m.relieved(payment), Payment: payment})
}
