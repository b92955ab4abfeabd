package linearizable

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"
)

// FirstImpossible describes the first answer after which no order explains all
// answers so far, by binary search. It returns "" if the timeout comes first.
func (p *Part) FirstImpossible(timeout time.Duration) string {
	end := time.Now().Add(timeout)
	answers := slices.SortedStableFunc(slices.Values(p.Steps), func(a, b Timed) int { return cmp.Compare(a.Return, b.Return) })
	decided := true
	n := sort.Search(len(answers), func(n int) bool {
		switch p.until(answers[n].Return).Judge(max(time.Millisecond, time.Until(end))) {
		case Violated:
			return true
		case Undecided:
			decided = false
		}
		return false
	})
	if !decided || n == len(answers) {
		return ""
	}
	return answers[n].String()
}

// until returns the part as known at a moment: the steps that have returned, and
// those under way that may have had their effect.
func (p *Part) until(moment int64) *Part {
	known := *p
	known.Steps = nil
	for _, s := range p.Steps {
		switch {
		case s.Return <= moment:
			known.Steps = append(known.Steps, s)
		case s.Call <= moment && s.hasEffect():
			pending := *s.step
			pending.optional = true
			known.Steps = append(known.Steps, Timed{&pending, s.Call, moment + 1})
		}
	}
	return &known
}

func (s *step) hasEffect() bool {
	switch s.kind {
	case take, release, pay, giveUp, giveUpAll:
		return true
	}
	return false
}

func (s Timed) String() string {
	at := func(t int64) time.Duration { return time.Duration(t).Round(100 * time.Microsecond) }
	return fmt.Sprintf("%v to %v: %s", at(s.Call), at(s.Return), s.text)
}
