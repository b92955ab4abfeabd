package linearizable

import "strings"

// step is one operation as the model sees it. Its kind says which of the
// fields it has.
type step struct {
	kind  kind
	claim int
	// maybe: it need not have had an effect.
	maybe bool
	seats []int // of a refusal: those that were taken
	run   int   // of a refusal of the best: how many there were not
	// successor is the claim that a payment makes, which was late then; -1: it
	// was in time, or in vain.
	successor int
	// allowed are the statuses that explain an answer.
	allowed string
	shown   []byte // of a map: the status of each seat of the part, none for free ones
	text    string // for people
}

type kind int

const (
	take     kind = iota // a claim gets its seats
	refuse               // seats are taken
	tooFew               // there are no so many seats side by side
	release              // a claim's seats go back
	deadline             // from here on, they may
	pay                  // a claim is confirmed, or its successor is made
	witness              // a claim has one of the allowed statuses
	look                 // seats are as shown
	ending               // all claims are as stored
)

// apply is the model: what a step makes of a state, if it can be taken there.
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
		switch s[st.claim] {
		case held, due:
			return s.with(st.claim, cancelled), true
		case cancelled:
			return s, true
		}
		return s, st.maybe
	case deadline:
		switch s[st.claim] {
		case held:
			return s.with(st.claim, due), true
		case none:
			return s.with(st.claim, missed), true
		}
		return s, true
	case pay:
		return p.pay(s, st)
	case witness:
		return s.seen(st.claim, st.allowed)
	case look:
		return p.look(s, st.shown)
	case ending:
		return p.end(s, st.allowed)
	}
	panic("a step of no kind")
}

// take gives a claim its seats. One of which nobody was told may have come
// later than its deadline was thought to be.
func (p *Part) take(s state, st *step) (state, bool) {
	becomes := byte(held)
	switch {
	case s[st.claim] == missed && st.maybe:
		becomes = due
	case s[st.claim] != none:
		return s, st.maybe
	}
	if next, free := p.vacate(s, p.claims[st.claim].at); free {
		return next.with(st.claim, becomes), true
	}
	return s, st.maybe
}

// pay confirms a hold that is still there. After it, the money buys the same
// seats once more if all of them are free.
func (p *Part) pay(s state, st *step) (state, bool) {
	status := s[st.claim]
	if (status == held || status == due) && st.successor < 0 {
		return s.with(st.claim, confirmed), true
	}
	if st.successor >= 0 && s[st.successor] == none && (status == expired || status == due) {
		if next, free := p.vacate(s.with(st.claim, expired), p.claims[st.claim].at); free {
			return next.with(st.successor, confirmed), true
		}
	}
	return s, st.maybe
}

// seen has a claim be seen with one of some statuses.
func (s state) seen(claim int, allowed string) (state, bool) {
	status := s[claim]
	if status == due {
		status = held
	}
	if strings.IndexByte(allowed, status) >= 0 {
		return s, true
	}
	if s[claim] == due && strings.IndexByte(allowed, expired) >= 0 {
		return s.with(claim, expired), true
	}
	return s, false
}

// look has all seats be seen as shown.
func (p *Part) look(s state, shown []byte) (state, bool) {
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

// end has all claims be seen as they are stored.
func (p *Part) end(s state, stored string) (state, bool) {
	for claim := range len(stored) {
		if stored[claim] == none {
			if s[claim] != none && s[claim] != missed {
				return s, false
			}
			continue
		}
		next, ok := s.seen(claim, stored[claim:claim+1])
		if !ok {
			return s, false
		}
		s = next
	}
	return s, true
}

// owner is the status of the claim that has a seat; none if it is free.
func (p *Part) owner(s state, seat int) byte {
	for _, claim := range p.wanted[seat] {
		if live(s[claim]) {
			return s[claim]
		}
	}
	return none
}

// vacate has seats be seen free: claims on them that are due have expired.
func (p *Part) vacate(s state, seats []int) (next state, free bool) {
	next = s
	for _, seat := range seats {
		for _, claim := range p.wanted[seat] {
			switch {
			case next[claim] == due:
				next = next.with(claim, expired)
			case live(next[claim]):
				return s, false
			}
		}
	}
	return next, true
}

// hasRun reports whether so many seats side by side are free. The part's seats
// are in the order of the house.
func (p *Part) hasRun(s state, wanted int) bool {
	free := 0
	for seat := range p.seats {
		switch {
		case p.owner(s, seat) != none:
			free = 0
		case free > 0 && p.beside[seat]:
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
