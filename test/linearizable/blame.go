package linearizable

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"
)

// Blame names the first answer after which no order explains all answers so
// far. It is "" if time
// was over before that was found.
func (p *Part) Blame(within time.Duration) string {
	end := time.Now().Add(within)
	told := slices.SortedStableFunc(slices.Values(p.Steps), func(a, b Timed) int { return cmp.Compare(a.Return, b.Return) })
	decided := true
	n := sort.Search(len(told), func(n int) bool {
		switch p.until(told[n].Return).Judge(max(time.Millisecond, time.Until(end))) {
		case Violated:
			return true
		case Undecided:
			decided = false
		}
		return false
	})
	if !decided || n == len(told) {
		return ""
	}
	return told[n].String()
}

// until is what can be known at a moment: answers so far, and what was asked
// for and may have had its effect.
func (p *Part) until(moment int64) *Part {
	known := *p
	known.Steps = nil
	for _, s := range p.Steps {
		switch {
		case s.Return <= moment:
			known.Steps = append(known.Steps, s)
		case s.Call <= moment && s.hasEffect():
			pending := *s.step
			pending.maybe = true
			known.Steps = append(known.Steps, Timed{&pending, s.Call, moment + 1})
		}
	}
	return &known
}

func (s *step) hasEffect() bool { return s.kind == take || s.kind == release || s.kind == pay }

func (s Timed) String() string {
	at := func(t int64) time.Duration { return time.Duration(t).Round(100 * time.Microsecond) }
	return fmt.Sprintf("%v to %v: %s", at(s.Call), at(s.Return), s.text)
}
