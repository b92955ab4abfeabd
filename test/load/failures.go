package load

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
)

// addresses are the part of a network error that differs between connections.
var addresses = regexp.MustCompile(`(read|write|dial) tcp [^ ]+: `)

// Failures describes each kind of failure: how many, when (counted from since),
// and how long the answers took.
func (ops Operations) Failures(since time.Time) (lines []string) {
	groups := map[string]Operations{}
	for i := range ops {
		if o := &ops[i]; o.Failed() {
			what := fmt.Sprintf("%s, %s, %.80s", o.Kind, outcomeOf(o), addresses.ReplaceAllString(o.Detail, ""))
			groups[what] = append(groups[what], *o)
		}
	}
	for _, what := range slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(groups[a][0].Start.Compare(groups[b][0].Start), cmp.Compare(a, b))
	}) {
		group := groups[what]
		first, last := group[0].Start, group[0].Start
		for i := range group {
			if start := group[i].Start; start.After(last) {
				last = start
			} else if start.Before(first) {
				first = start
			}
		}
		lines = append(lines, fmt.Sprintf("%d × %s: sent from %+.2f to %+.2f s, answered within %.2f to %.2f s", len(group), what,
			first.Sub(since).Seconds(), last.Sub(since).Seconds(), group.Quantile(0).Seconds(), group.Slowest().Seconds()))
	}
	return lines
}
