package linearizable

// step is one operation as the model sees it. Its kind says which of the
// fields it has.
type step struct {
	kind  kind
	claim int
	// maybe: it need not have had an effect.
	maybe bool
	seats []int // of a refusal: those that were taken
	run   int   // of a refusal of the best: how many there were not
	// successor is the claim that a late payment makes; -1: none.
	successor int
	// allowed are the statuses that explain an answer.
	allowed string
	shown   []byte // of a map: the status of each seat of the part, none for free ones
	text    string // for people
}

type kind int

const (
	take    kind = iota // a claim gets its seats
	refuse              // seats are taken
	tooFew              // there are no so many seats side by side
	release             // a claim's seats go back
	expire              // the same, by its deadline
	pay                 // a claim is confirmed, or its successor is made
	witness             // a claim has one of the allowed statuses
	look                // seats are as shown
	ending              // all claims are as stored
)

// apply is the model: what a step makes of a state, if it can be taken there.
func (p *Part) apply(s state, st *step) (state, bool) {
	switch st.kind {
	case take:
		if s[st.claim] == none && p.free(s, p.claims[st.claim].at) {
			return s.with(st.claim, held), true
		}
		return s, st.maybe
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
		case held:
			return s.with(st.claim, cancelled), true
		case cancelled:
			return s, true
		}
		return s, st.maybe
	case expire:
		if s[st.claim] == held {
			return s.with(st.claim, expired), true
		}
		return s, st.maybe
	case pay:
		return p.pay(s, st)
	case witness:
		for i := range len(st.allowed) {
			if s[st.claim] == st.allowed[i] {
				return s, true
			}
		}
		return s, false
	case look:
		for seat := range p.seats {
			if p.owner(s, seat) != st.shown[seat] {
				return s, false
			}
		}
		return s, true
	case ending:
		return s, string(s) == st.allowed
	}
	panic("a step of no kind")
}

// pay confirms a hold that is still there. After it, the money buys the same
// seats once more if all of them are free.
func (p *Part) pay(s state, st *step) (state, bool) {
	switch {
	case s[st.claim] == held && (st.successor < 0 || st.maybe):
		return s.with(st.claim, confirmed), true
	case s[st.claim] == expired && st.successor >= 0 && s[st.successor] == none && p.free(s, p.claims[st.claim].at):
		return s.with(st.successor, confirmed), true
	}
	return s, st.maybe
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

func (p *Part) free(s state, seats []int) bool {
	for _, seat := range seats {
		if p.owner(s, seat) != none {
			return false
		}
	}
	return true
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
