package linearizable

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/ledger"
)

// History is what was asked and told of one event.
type History struct {
	Event      string
	Seats      []string // all of the house
	HoldFor    time.Duration
	Operations []client.Operation // by time of start
	// Stored is what the database says at the end; nil if nothing is known.
	Stored *ledger.Stored
	// Stale reports whether a map may show what was true before it was asked
	// for: an instance that is cut off shows what it knew last. Such maps prove
	// nothing, and are left out.
	Stale func(*client.Operation) bool
}

// deadlineGrain is how far a deadline as told may be from the real one.
const deadlineGrain = time.Millisecond

// readAhead is how far a read of one booking may be ahead: it is answered from
// the store, which knows of a commit before the event's owner hears of it, by
// whose word maps and refusals go. The owner waits no longer than 3 s for that,
// and then reads for itself.
const readAhead = int64(5 * time.Second)

// builder makes steps of operations.
type builder struct {
	*History
	*claims
	parts  []*Part
	partOf map[string]*Part
	at     map[*claim]claimAt
	origin time.Time
	end    int64 // after everything
}

type claimAt struct {
	part *Part
	n    int
}

// Parts splits a history into parts that can be judged alone.
func (h *History) Parts() []*Part {
	if len(h.Operations) == 0 {
		return nil
	}
	b := &builder{History: h, claims: gather(h.Operations, h.Stored, h.HoldFor), at: map[*claim]claimAt{}, origin: h.Operations[0].Start}
	for i := range h.Operations {
		b.end = max(b.end, b.time(h.Operations[i].End))
	}
	if h.Stored != nil {
		b.end = max(b.end, b.time(h.Stored.Now))
	}
	b.end++
	b.parts, b.partOf = split(h.Event, h.Seats, b.all)
	for _, c := range b.all {
		if b.happened(c) {
			part := b.partOf[c.seats[0]]
			b.at[c] = claimAt{part, part.add(c)}
		}
	}
	for _, c := range b.all {
		b.hold(c)
	}
	for _, o := range onePayment(h.Operations) {
		b.operation(&o)
	}
	b.close()
	return slices.DeleteFunc(b.parts, func(p *Part) bool { return len(p.claims) == 0 && len(p.Steps) == 0 })
}

// onePayment makes one operation of all tries to pay under one key: the first
// may have had the effect that the last one tells of.
func onePayment(operations []client.Operation) (folded []client.Operation) {
	first := map[string]int{}
	for _, o := range operations {
		key := o.Buyer + " " + o.Booking + " " + o.Key
		n, tried := first[key]
		switch {
		case o.Kind != client.Pay || o.NotExecuted():
		case !tried:
			first[key] = len(folded)
		case folded[n].Certain():
			continue // it only says so again
		default:
			start := folded[n].Start
			folded[n] = o
			folded[n].Start = start
			continue
		}
		folded = append(folded, o)
	}
	return folded
}

func (b *builder) time(t time.Time) int64 { return int64(t.Sub(b.origin)) }

func (p *Part) step(s step, call, ret int64) { p.Steps = append(p.Steps, Timed{&s, call, ret}) }

// hold adds a claim's beginning, and its end by the deadline.
func (b *builder) hold(c *claim) {
	seats := strings.Join(c.seats, " ")
	switch {
	case c.refused != nil:
		part := b.partOf[c.refused[0]]
		part.step(step{kind: refuse, seats: part.positions(c.refused), text: fmt.Sprintf("%s: hold %s → taken: %s", c.target, seats, strings.Join(c.refused, " "))},
			b.time(c.first), b.time(c.last))
	case c.tooFew > 0:
		for _, part := range b.parts {
			part.step(step{kind: tooFew, run: c.tooFew, text: fmt.Sprintf("%s: best %d → not enough", c.target, c.tooFew)},
				b.time(c.first), b.time(c.last))
		}
	}
	at, known := b.at[c]
	if !known || c.of != "" {
		return
	}
	answer, until := "?", b.end
	ends := b.time(c.deadline.Add(-deadlineGrain))
	switch {
	case c.granted:
		answer, until = "held as "+short(c.booking), b.time(c.last)
	case b.stored != nil:
		until = max(b.time(c.first), ends) // it was stored with this deadline
	}
	at.part.step(step{kind: take, claim: at.n, maybe: !c.granted && b.stored == nil, text: fmt.Sprintf("%s: hold %s → %s", c.target, seats, answer)},
		b.time(c.first), until)
	if b.stored == nil || c.fate == expired {
		at.part.step(step{kind: deadline, claim: at.n, text: "deadline of " + short(c.booking)}, ends, ends)
	}
}

// operation adds what is no hold.
func (b *builder) operation(o *client.Operation) {
	if o.Holds() || o.NotExecuted() {
		return
	}
	if o.Kind == client.Map {
		b.look(o)
		return
	}
	c := b.byBooking[o.Booking]
	at, known := b.at[c]
	if !known {
		return // the ledger says so
	}
	s := step{claim: at.n, successor: -1, text: fmt.Sprintf("%s: %s %s %s→ %s", o.Target, o.Kind, short(o.Booking), spaced(o.Token), answerOf(o))}
	until := b.time(o.End)
	if !o.Certain() {
		until = b.end
	}
	add := false
	switch o.Kind {
	case client.Release:
		add = b.release(o, c, &s)
	case client.Pay:
		add = b.pay(o, c, &s)
	case client.Read:
		add = o.Succeeded()
		s.kind, s.allowed = witness, string(statusOf(o.State))
		if s.allowed != string(held) {
			until = min(b.end, until+readAhead)
		}
	}
	if add {
		at.part.step(s, b.time(o.Start), until)
	}
}

func (b *builder) release(o *client.Operation, c *claim, s *step) bool {
	switch {
	case o.Succeeded():
		s.kind = release
		return true
	case !o.Certain():
		s.kind, s.maybe = release, true
		return b.stored == nil || c.fate == cancelled
	case o.Code == "not_cancellable":
		// Nor is a hold that somebody pays for, nor one that is overdue.
		s.kind, s.allowed = witness, string([]byte{confirmed, expired, held})
		return true
	}
	return false
}

func (b *builder) pay(o *client.Operation, c *claim, s *step) bool {
	if next := b.byBooking[c.successor]; c.successor != "" && next != nil {
		s.successor = b.at[next].n
	}
	switch {
	case o.Succeeded():
		s.kind = pay
		if o.Successor == "" {
			s.successor = -1
		}
		return true
	case o.Token == client.DeclinedToken && o.Code == "payment_declined":
		s.kind, s.allowed = witness, string(held)
		return true
	case o.Token == client.DeclinedToken, o.Token == client.ErrorToken:
		return false
	case !o.Certain():
		s.kind, s.maybe = pay, true
		return b.stored == nil || c.fate == confirmed || c.successor != ""
	case o.Code == "already_paid":
		s.kind, s.allowed = witness, string(confirmed)
		return true
	case o.Code == "hold_expired":
		s.kind, s.allowed = witness, string([]byte{expired, cancelled})
		if !o.End.Before(c.deadline) {
			s.allowed += string(held) // overdue: it cannot be paid any more
		}
		return true
	}
	return false
}

// look adds what a map showed, to each part what it showed of it.
func (b *builder) look(o *client.Operation) {
	if !o.Succeeded() || b.Stale != nil && b.Stale(o) {
		return
	}
	for _, part := range b.parts {
		shown := make([]byte, len(part.seats))
		for i, seat := range part.seats {
			switch o.SeatMap[seat] {
			case "HELD":
				shown[i] = held
			case "BOOKED":
				shown[i] = confirmed
			default:
				shown[i] = none
			}
		}
		part.step(step{kind: look, shown: shown, text: fmt.Sprintf("%s: map → %s", o.Target, shown)}, b.time(o.Start), b.time(o.End))
	}
}

// close has every part end as it is stored.
func (b *builder) close() {
	if b.stored == nil {
		return
	}
	for _, part := range b.parts {
		statuses := make([]byte, len(part.claims))
		for n, c := range part.claims {
			statuses[n] = c.claim.fate
		}
		part.step(step{kind: ending, allowed: string(statuses), text: "stored at the end"}, b.end+1, b.end+1)
	}
}

func short(id string) string { return id[max(0, len(id)-4):] }

func spaced(token string) string {
	if token == "" {
		return ""
	}
	return token + " "
}

func answerOf(o *client.Operation) string {
	switch {
	case o.Status == 0:
		return "no answer"
	case o.Succeeded():
		return o.State
	}
	return strings.TrimSpace(fmt.Sprint(o.Status, " ", o.Code))
}
