package linearizable

import (
	"slices"
	"strings"
)

// step is an operation of the model. Its kind says which fields it has.
type step struct {
	kind    kind
	attempt int
	// optional steps need not have had an effect.
	optional bool
	seats    []int // of refuse: seats that were taken
	run      int   // of tooFew: the number of adjacent seats requested
	// successor is the booking that a late payment made, -1 if the payment was in
	// time or failed.
	successor int
	refund    int // of giveUp: that which does it
	// allowed are the statuses that explain the answer.
	allowed string
	shown   []byte // of readMap: the status of each seat of the part
	text    string // description
}

type kind int

const (
	take       kind = iota // an attempt gets its seats
	refuse                 // seats are taken
	tooFew                 // so many adjacent seats are not free
	release                // an attempt's seats become free
	deadline               // an attempt becomes due
	pay                    // an attempt is confirmed, or its successor is made
	giveUp                 // a confirmed attempt loses the items of a refund
	giveUpAll              // a confirmed attempt loses what it has
	readStatus             // an attempt has one of the allowed statuses
	readMap                // seats are as shown
	final                  // all attempts are as stored
)

// apply is the model's transition function. It reports whether the step is
// possible in the state.
func (p *Part) apply(s state, st *step) (state, bool) {
	switch st.kind {
	case take:
		return p.take(s, st)
	case refuse:
		for _, seat := range st.seats {
			if p.owner(s, seat) == none {
				return s, false
			}
		}
		return s, true
	case tooFew:
		return s, !p.hasRun(s, st.run)
	case release:
		switch s[st.attempt] {
		case held, due, blocked:
			return s.with(st.attempt, cancelled), true
		case cancelled:
			return s, true
		}
		return s, st.optional
	case deadline:
		switch s[st.attempt] {
		case held:
			return s.with(st.attempt, due), true
		case none:
			return s.with(st.attempt, missed), true
		}
		return s, true
	case pay:
		return p.pay(s, st)
	case giveUp:
		return p.giveUp(s, st)
	case giveUpAll:
		switch s[st.attempt] {
		case confirmed:
			return s.with(st.attempt, refunded), true
		case refunded:
			return s, true
		}
		return s, st.optional
	case readStatus:
		return s.observe(st.attempt, st.allowed)
	case readMap:
		return p.readMap(s, st.shown)
	case final:
		return p.final(s, st.allowed)
	}
	panic("a step of unknown kind")
}

// take gives an attempt its seats. An optional one may have been executed later
// than its assumed deadline.
func (p *Part) take(s state, st *step) (state, bool) {
	becomes := p.attempts[st.attempt].attempt.becomes
	switch {
	case s[st.attempt] == missed && st.optional:
		becomes = due
	case s[st.attempt] != none:
		return s, st.optional
	}
	if next, free := p.vacate(s, p.attempts[st.attempt].at); free {
		return next.with(st.attempt, becomes), true
	}
	return s, st.optional
}

// pay confirms a live hold. A late payment makes a successor with the same seats
// if all of them are free.
func (p *Part) pay(s state, st *step) (state, bool) {
	status := s[st.attempt]
	if (status == held || status == due) && st.successor < 0 {
		return s.with(st.attempt, confirmed), true
	}
	if st.successor >= 0 && s[st.successor] == none && (status == expired || status == due) {
		if next, free := p.vacate(s.with(st.attempt, expired), p.attempts[st.attempt].at); free {
			return next.with(st.successor, confirmed), true
		}
	}
	return s, st.optional
}

// giveUp takes the items of a refund from a confirmed attempt, which is refunded without its last one.
func (p *Part) giveUp(s state, st *step) (state, bool) {
	if s[st.attempt] != confirmed || s[st.refund] != none {
		return s, st.optional
	}
	next := s.with(st.refund, givenUp)
	left := len(p.attempts[st.attempt].attempt.tickets)
	for _, refund := range p.attempts[st.attempt].refunds {
		if next[refund] == givenUp {
			left -= p.attempts[refund].items
		}
	}
	if left == 0 {
		next = next.with(st.attempt, refunded)
	}
	return next, true
}

// observe requires that an attempt has one of the allowed statuses.
func (s state) observe(attempt int, allowed string) (state, bool) {
	status := s[attempt]
	if status == due {
		status = held
	}
	if strings.IndexByte(allowed, status) >= 0 {
		return s, true
	}
	if s[attempt] == due && strings.IndexByte(allowed, expired) >= 0 {
		return s.with(attempt, expired), true
	}
	return s, false
}

// readMap requires that all seats are as shown.
func (p *Part) readMap(s state, shown []byte) (state, bool) {
	for seat := range p.seats {
		if shown[seat] == none {
			next, free := p.vacate(s, []int{seat})
			if !free {
				return s, false
			}
			s = next
		}
	}
	for seat := range p.seats {
		status := p.owner(s, seat)
		if status == due {
			status = held
		}
		if status != shown[seat] {
			return s, false
		}
	}
	return s, true
}

// final requires that all attempts are as stored.
func (p *Part) final(s state, stored string) (state, bool) {
	for attempt := range len(stored) {
		if stored[attempt] == none {
			if s[attempt] != none && s[attempt] != missed {
				return s, false
			}
			continue
		}
		next, ok := s.observe(attempt, stored[attempt:attempt+1])
		if !ok {
			return s, false
		}
		s = next
	}
	return s, true
}

// owner returns the status of the attempt that has a seat, none if it is free.
func (p *Part) owner(s state, seat int) byte {
	for _, attempt := range p.attemptsOn[seat] {
		if p.has(s, attempt, seat) {
			return s[attempt]
		}
	}
	return none
}

// has reports whether an attempt on a seat is live and has not given it up.
func (p *Part) has(s state, attempt, seat int) bool {
	if !live(s[attempt]) {
		return false
	}
	for _, refund := range p.attempts[attempt].refunds {
		if s[refund] == givenUp && slices.Contains(p.attempts[refund].at, seat) {
			return false
		}
	}
	return true
}

// vacate requires that seats are free: due attempts on them have expired.
func (p *Part) vacate(s state, seats []int) (next state, free bool) {
	next = s
	for _, seat := range seats {
		for _, attempt := range p.attemptsOn[seat] {
			switch {
			case next[attempt] == due:
				next = next.with(attempt, expired)
			case p.has(next, attempt, seat):
				return s, false
			}
		}
	}
	return next, true
}

// hasRun reports whether so many adjacent seats are free.
func (p *Part) hasRun(s state, wanted int) bool {
	free := 0
	for seat := range p.seats {
		switch owner := p.owner(s, seat); {
		case owner == removed && p.adjacent[seat]:
			// the seats on both sides of it are neighbours
		case owner != none:
			free = 0
		case free > 0 && p.adjacent[seat]:
			free++
		default:
			free = 1
		}
		if free >= wanted {
			return true
		}
	}
	return false
}
