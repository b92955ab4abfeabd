package linearizable

import (
	"fmt"
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

// refund is all tries of a refund under one key.
type refund struct {
	of          *attempt
	rest        bool // of all that is left
	first, last time.Time
	granted     bool
	denied      bool
	asked, made client.Refund
	stored      bool
	text        string
}

func (c *attempts) gatherRefunds(operations []client.Operation) {
	byKey := map[string]*refund{}
	for i := range operations {
		o := &operations[i]
		of := c.byBooking[o.Booking]
		if !o.Refunds() || o.NotExecuted() || of == nil {
			continue
		}
		r := byKey[o.Booking+" "+o.Key]
		if r == nil {
			r = &refund{of: of, rest: o.Kind == client.RefundRest, first: o.Start, asked: o.Return, made: o.Return}
			for no := range of.tickets {
				if o.Return.All {
					r.made.Items = append(r.made.Items, no+1)
				}
			}
			byKey[o.Booking+" "+o.Key] = r
			c.refunds = append(c.refunds, r)
		}
		r.text = fmt.Sprintf("%s: %s %s %v → %s", o.Target, o.Kind, abbreviate(o.Booking), o.Return.Items, answerOf(o))
		switch {
		case !o.Certain() || r.granted:
		case o.Succeeded():
			r.granted, r.last, r.made = true, o.End, o.Returned
		default:
			r.denied = true
		}
	}
	if c.stored != nil {
		c.matchRefunds()
	}
}

// matchRefunds finds the stored refunds that requests without an answer have made. Of several
// that may have made one, the first has the longest time for it.
func (c *attempts) matchRefunds() {
	for booking, made := range c.stored.Refunds {
		for _, row := range made {
			of := func(acknowledged bool) int {
				return slices.IndexFunc(c.refunds, func(r *refund) bool {
					if r.of.booking != booking || r.stored || r.rest {
						return false
					}
					return acknowledged && r.made.ID == row.ID || !acknowledged && !r.granted && !r.denied && r.mayHaveMade(row)
				})
			}
			n := of(true)
			if n < 0 {
				n = of(false)
			}
			if n >= 0 {
				c.refunds[n].stored, c.refunds[n].made = true, row.Refund
			}
		}
	}
}

func (r *refund) mayHaveMade(row ledger.StoredRefund) bool {
	return (r.asked.All || slices.Equal(slices.Sorted(slices.Values(r.asked.Items)), row.Items)) &&
		(r.asked.Amount == client.ItemsPrice || r.asked.Amount == row.Amount)
}

// refund adds the step of a refund. One that gives nothing up only shows that its booking is
// confirmed.
func (b *builder) refund(r *refund) {
	at, known := b.at[r.of]
	if !known || r.denied && !r.granted {
		return
	}
	s, until := step{attempt: at.n, text: r.text}, b.time(r.last)
	carriedOut := r.granted || b.stored != nil && r.stored && !b.Cut
	if !carriedOut {
		s.optional = true
	}
	if !r.granted {
		until = b.end
	}
	switch {
	case r.rest:
		s.kind = giveUpAll
		if !r.granted && b.stored != nil && r.of.storedStatus != refunded {
			return
		}
	case !r.granted && b.stored != nil && !r.stored:
		return
	case !r.made.Released && s.optional:
		return
	case !r.made.Released:
		s.kind, s.allowed = readStatus, string(confirmed)
	default:
		s.kind = giveUp
		s.refund = at.part.addRefund(at.n, r.givenUp(carriedOut), len(r.made.Items))
	}
	at.part.step(s, b.time(r.first), until)
}

// givenUp is the refund as an attempt of its own, which has its items once it has taken them.
func (r *refund) givenUp(carriedOut bool) *attempt {
	made := &attempt{booking: r.of.booking, storedStatus: none}
	if carriedOut {
		made.storedStatus = givenUp
	}
	for _, no := range r.made.Items {
		if no <= len(r.of.tickets) && r.of.tickets[no-1] != "" {
			made.seats = append(made.seats, r.of.tickets[no-1])
		}
	}
	return made
}
