package ledger

import (
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
)

// refund is all tries of a refund under one key.
type refund struct {
	booking    string
	rest       bool // of all that is left
	asked      client.Refund
	start, end time.Time // of the first try, and of the first one with an outcome
	outcome    outcome
	made       client.Refund // if granted
	denied     *client.Operation
}

func (h *history) refund(a *attempt, o *client.Operation) {
	if o.NotExecuted() {
		return
	}
	key := scoped(o.Booking, o.Key)
	r := h.refunds[key]
	if r == nil {
		r = &refund{booking: o.Booking, rest: o.Kind == client.RefundRest, asked: o.Return, start: o.Start}
		h.refunds[key] = r
		a.refunds = append(a.refunds, r)
	}
	switch {
	case !o.Certain():
	case o.Succeeded() && r.outcome == granted:
		if r.made.ID != o.Returned.ID || r.made.Amount != o.Returned.Amount {
			h.violated(TwoOutcomes, a.event, o.Booking, "one key made the refunds %s of %d and %s of %d", r.made.ID, r.made.Amount, o.Returned.ID, o.Returned.Amount)
		}
	case o.Succeeded() && r.outcome == denied, o.Status == 409 && r.outcome == granted:
		h.violated(TwoOutcomes, a.event, o.Booking, "refund %s: both granted and refused as %s", r.made.ID, o.Code)
	case o.Succeeded():
		r.outcome, r.end, r.made = granted, o.End, o.Returned
		h.judgeRefundAnswer(a, r, o)
	case o.Code == "item_released", o.Code == "not_refundable", o.Code == "refund_exceeds_payment":
		r.outcome, r.end, r.denied = denied, o.End, o
	default:
		h.violated(WrongAnswer, o.Event, o.Booking, "%s: %d %s %s", o.Kind, o.Status, o.Code, o.Detail)
	}
}

// judgeRefundAnswer checks that what goes back is what was asked for.
func (h *history) judgeRefundAnswer(a *attempt, r *refund, o *client.Operation) {
	switch {
	case r.rest && o.State != "REFUNDED":
		h.violated(WrongRefund, a.event, o.Booking, "refunded, but %s", o.State)
	case r.rest:
	case !r.matches(r.made):
		h.violated(WrongRefund, a.event, o.Booking, "asked for %+v, answer has %+v", r.asked, r.made)
	case r.asked.Amount == client.ItemsPrice && r.made.Amount > a.priceOf(r.made.Items):
		h.violated(WrongRefund, a.event, o.Booking, "items worth %d are refunded by %d", a.priceOf(r.made.Items), r.made.Amount)
	}
}

// matches reports whether a refund may be the one that was asked for.
func (r *refund) matches(made client.Refund) bool {
	items := slices.Sorted(slices.Values(r.asked.Items))
	return !r.rest && (r.asked.All || slices.Equal(items, made.Items)) &&
		(r.asked.Amount == client.ItemsPrice || r.asked.Amount == made.Amount) && made.Released == (r.asked.Released && len(made.Items) > 0)
}

// mayRelease reports whether the refund may have given an item up.
func (r *refund) mayRelease(item int) bool {
	if r.outcome == unknown {
		return r.rest || r.asked.Released && (r.asked.All || slices.Contains(r.asked.Items, item))
	}
	return r.releases(item)
}

// releases reports whether the booking no longer has an item after the refund.
func (r *refund) releases(item int) bool {
	return r.outcome == granted && (r.rest || r.made.Released && slices.Contains(r.made.Items, item))
}

// returned reports whether nothing is left of the booking.
func (a *attempt) returned() bool { return a.releasedBy((*refund).releases) }

// mayBeReturned reports whether nothing may be left of the booking.
func (a *attempt) mayBeReturned() bool { return a.releasedBy((*refund).mayRelease) }

func (a *attempt) releasedBy(releases func(*refund, int) bool) bool {
	for i := range a.items {
		if !slices.ContainsFunc(a.refunds, func(r *refund) bool { return releases(r, i+1) }) {
			return false
		}
	}
	return len(a.items) > 0
}

// priceOf is what items cost when they were held.
func (a *attempt) priceOf(items []int) (sum int64) {
	for _, no := range items {
		if no <= len(a.granting.Items) {
			sum += a.granting.Items[no-1].Amount
		}
	}
	return sum
}

// judgeDeniedRefund checks that a refund was impossible at some moment of the request, because of
// others that may have been carried out by then.
func (h *history) judgeDeniedRefund(a *attempt, r *refund) {
	o := r.denied
	var before []*refund
	for _, other := range a.refunds {
		if other != r && (other.outcome == granted || other.outcome == unknown) && other.start.Before(r.end) {
			before = append(before, other)
		}
	}
	anyOf := func(items []int, by func(*refund, int) bool) bool {
		return slices.ContainsFunc(items, func(no int) bool {
			return slices.ContainsFunc(before, func(other *refund) bool { return by(other, no) })
		})
	}
	possible := false
	switch o.Code {
	case "item_released":
		possible = anyOf(r.asked.Items, (*refund).mayRelease)
	case "not_refundable":
		possible = a.paid.IsZero() || r.start.Before(a.paid) || h.of(a.event).mayBeCancelled(r.end) || (&attempt{items: a.items, refunds: before}).mayBeReturned() ||
			r.asked.Amount == client.ItemsPrice && (r.asked.All && len(before) > 0 || anyOf(r.asked.Items, (*refund).mayBeFor))
	case "refund_exceeds_payment":
		least, most := a.refundable(r, before)
		wanted := r.asked.Amount
		if wanted == client.ItemsPrice {
			wanted = a.priceOf(r.asked.Items)
		}
		possible = (r.asked.All || wanted > o.Refundable) && least <= o.Refundable && o.Refundable <= most
	}
	if !possible {
		h.violated(WrongRefund, a.event, r.booking, "%+v is refused between %s and %s: %s, %d refundable", r.asked, clock(r.start), clock(r.end), o.Code, o.Refundable)
	}
}

// mayBeFor reports whether the refund may return the price of an item.
func (r *refund) mayBeFor(item int) bool {
	if r.outcome == granted {
		return r.rest || slices.Contains(r.made.Items, item)
	}
	return r.rest || r.asked.All || slices.Contains(r.asked.Items, item)
}

// refundable returns what others may have left of the money during a refund.
func (a *attempt) refundable(r *refund, before []*refund) (least, most int64) {
	least, most = a.granting.Total, a.granting.Total
	for _, other := range before {
		switch {
		case other.rest:
		case other.outcome == granted && other.end.Before(r.start):
			least, most = least-other.made.Amount, most-other.made.Amount
		case other.outcome == granted:
			least -= other.made.Amount
		case other.asked.Amount != client.ItemsPrice:
			least -= other.asked.Amount
		case other.asked.All:
			least = 0
		default:
			least -= a.priceOf(other.asked.Items)
		}
	}
	return max(least, 0), most
}
