package linearizable

import (
	"fmt"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
)

// deadlineGrain is the precision of deadlines in answers.
const deadlineGrain = time.Millisecond

// readAhead bounds how far a read of a booking may be ahead of seat maps and
// refusals. It comes from the store, which knows of a commit before the event's
// owner does. The owner waits at most 3 s for the outcome, then reloads.
const readAhead = int64(5 * time.Second)

// builder turns operations into steps.
type builder struct {
	*History
	*attempts
	parts  []*Part
	partOf map[string]*Part
	at     map[*attempt]location
	began  time.Time
	end    int64 // later than every operation
}

type location struct {
	part *Part
	n    int
}

func (b *builder) time(t time.Time) int64 { return int64(t.Sub(b.began)) }

func (p *Part) step(s step, call, ret int64) { p.Steps = append(p.Steps, Timed{&s, call, ret}) }

// hold adds the steps of an attempt's holds, and of its deadline.
func (b *builder) hold(c *attempt) {
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
	if !known || c.predecessor != "" {
		return
	}
	answer, until := "?", b.end
	ends := b.time(c.deadline.Add(-deadlineGrain))
	switch {
	case c.becomes != held && !c.granted:
	case c.granted:
		answer, until = "held as "+abbreviate(c.booking), b.time(c.last)
	case b.stored != nil:
		until = max(b.time(c.first), ends) // it was stored before its deadline
	}
	at.part.step(step{kind: take, attempt: at.n, optional: !c.granted && (b.stored == nil || b.Cut), text: fmt.Sprintf("%s: hold %s → %s", c.target, seats, answer)},
		b.time(c.first), until)
	if c.becomes == held && (b.stored == nil || c.storedStatus == expired) {
		at.part.step(step{kind: deadline, attempt: at.n, text: "deadline of " + abbreviate(c.booking)}, ends, ends)
	}
}

// operation adds the steps of an operation that is not a hold.
func (b *builder) operation(o *client.Operation) {
	if o.Holds() || o.Organises() || o.Refunds() || o.NotExecuted() {
		return
	}
	if o.Kind == client.Map {
		b.seatMap(o)
		return
	}
	c := b.byBooking[o.Booking]
	at, known := b.at[c]
	if !known {
		return // the ledger reports it
	}
	s := step{attempt: at.n, successor: -1, text: fmt.Sprintf("%s: %s %s %s→ %s", o.Target, o.Kind, abbreviate(o.Booking), spaced(o.Token), answerOf(o))}
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
		s.kind, s.allowed = readStatus, string(statusOf(o.State))
		if s.allowed != string(held) {
			until = min(b.end, until+readAhead)
		}
	}
	if add {
		at.part.step(s, b.time(o.Start), until)
	}
}

func (b *builder) release(o *client.Operation, c *attempt, s *step) bool {
	switch {
	case o.Succeeded():
		s.kind = release
		return true
	case !o.Certain():
		s.kind, s.optional = release, true
		return b.stored == nil || c.storedStatus == cancelled
	case o.Code == "not_cancellable":
		// A hold under payment cannot be cancelled, nor an overdue one.
		s.kind, s.allowed = readStatus, string([]byte{confirmed, refunded, expired, held})
		return true
	}
	return false
}

func (b *builder) pay(o *client.Operation, c *attempt, s *step) bool {
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
		s.kind, s.allowed = readStatus, string(held)
		return true
	case o.Token == client.DeclinedToken, o.Token == client.ErrorToken:
		return false
	case !o.Certain():
		s.kind, s.optional = pay, true
		return b.stored == nil || c.storedStatus == confirmed || c.storedStatus == refunded || c.successor != ""
	case o.Code == "already_paid":
		s.kind, s.allowed = readStatus, string([]byte{confirmed, refunded})
		return true
	case o.Code == "hold_expired":
		s.kind, s.allowed = readStatus, string([]byte{expired, cancelled, refunded})
		if !o.End.Before(c.deadline) {
			s.allowed += string(held) // overdue, and can no longer be paid
		}
		return true
	}
	return false
}

// seatMap adds a step to each part, with the statuses of its seats.
func (b *builder) seatMap(o *client.Operation) {
	if !o.Succeeded() || b.Stale != nil && b.Stale(o) {
		return
	}
	for _, part := range b.parts {
		shown := make([]byte, len(part.seats))
		for i, seat := range part.seats {
			switch o.SeatMap[seat] {
			case "":
				shown[i] = removed
			case "HELD":
				shown[i] = held
			case "BOOKED":
				shown[i] = confirmed
			case "BLOCKED":
				shown[i] = blocked
			default:
				shown[i] = none
			}
		}
		part.step(step{kind: readMap, shown: shown, text: fmt.Sprintf("%s: map → %s", o.Target, shown)}, b.time(o.Start), b.time(o.End))
	}
}

// close adds the stored end state to each part.
func (b *builder) close() {
	if b.stored == nil || b.Cut {
		return
	}
	for _, part := range b.parts {
		statuses := make([]byte, len(part.attempts))
		for n, c := range part.attempts {
			statuses[n] = c.attempt.storedStatus
		}
		part.step(step{kind: final, allowed: string(statuses), text: "stored at the end"}, b.end+1, b.end+1)
	}
}

func abbreviate(id string) string { return id[max(0, len(id)-4):] }

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
