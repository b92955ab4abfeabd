package linearizable

import (
	"slices"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

// act is all tries of what an organiser does to seats. One without an answer is not followed by
// another on the same seats, so it is carried out late at most, and the end state tells whether.
type act struct {
	*attempt             // of blocking and removing; of giving back: that which blocked the seats
	kind     client.Kind // Block, Unblock or Remove
	tries    []client.Operation
	done     bool // a try succeeded
	certain  bool // all tries have outcomes
}

func (c *attempts) gatherActs(operations []client.Operation) {
	for i := range operations {
		o := &operations[i]
		if o.NotExecuted() || o.Kind != client.Block && o.Kind != client.Unblock && o.Kind != client.Remove {
			continue
		}
		a := c.acts[o.Act]
		if a == nil {
			a = &act{kind: o.Kind, certain: true}
			c.acts[o.Act] = a
			c.inOrder = append(c.inOrder, a)
		}
		a.tries = append(a.tries, *o)
		a.done = a.done || o.Succeeded()
		a.certain = a.certain && o.Certain()
	}
	for _, a := range c.inOrder {
		if a.kind == client.Unblock {
			a.attempt = c.lastBlock(a.tries[0].Seats)
			if a.attempt != nil && c.stored != nil && a.done {
				a.storedStatus = cancelled
			}
			continue
		}
		a.attempt = a.take(c.stored)
		c.all = append(c.all, a.attempt)
	}
}

// take makes an attempt of an act that takes seats off sale.
func (a *act) take(stored *ledger.Stored) *attempt {
	first, last := &a.tries[0], &a.tries[len(a.tries)-1]
	made := &attempt{becomes: blocked, storedStatus: none, first: first.Start, last: last.End, target: last.Target, seats: first.Seats,
		deadline: last.End, booking: string(a.kind), granted: a.done}
	if a.kind == client.Remove {
		made.becomes = removed
	}
	switch {
	case !a.done && a.certain && a.kind == client.Block && last.Refusal():
		made.refused = last.Unavailable
	case !a.done && a.certain: // a removal is refused because of the past, too
		made.denied = true
	case stored != nil && (a.done || stored.OffSale(first.Event, first.Seats[0])):
		made.storedStatus = made.becomes
	}
	return made
}

// lastBlock finds the attempt that has blocked seats.
func (c *attempts) lastBlock(seats []string) *attempt {
	for _, a := range slices.Backward(c.all) {
		if a.becomes == blocked && slices.Equal(a.seats, seats) && c.mayHold(a) {
			return a
		}
	}
	return nil
}

// unblock adds the step of giving seats back.
func (b *builder) unblock(a *act) {
	at, known := b.at[a.attempt]
	if a.kind != client.Unblock || !known {
		return
	}
	s := step{kind: release, attempt: at.n, text: "unblock"}
	until := b.time(a.tries[len(a.tries)-1].End)
	if !a.done {
		if a.certain || b.stored != nil && b.stored.OffSale(b.Event, a.seats[0]) {
			return
		}
		s.optional, until = true, b.end
		if b.stored != nil {
			a.storedStatus = cancelled
		}
	}
	at.part.step(s, b.time(a.tries[0].Start), until)
}
