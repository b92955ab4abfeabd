package load

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
)

// connection is what differs from one broken connection to the next.
var connection = regexp.MustCompile(`(read|write|dial) tcp [^ ]+: `)

// Failures tells of each kind of failure how often, when after a moment, and
// after how long a wait.
func (ops Operations) Failures(since time.Time) (lines []string) {
	groups := map[string]Operations{}
	for i := range ops {
		if o := &ops[i]; o.Failed() {
			what := fmt.Sprintf("%s, %s, %.80s", o.Kind, outcomeOf(o), connection.ReplaceAllString(o.Detail, ""))
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
		lines = append(lines, fmt.Sprintf("%d × %s: asked from %+.2f to %+.2f s, answered within %.2f to %.2f s", len(group), what,
			first.Sub(since).Seconds(), last.Sub(since).Seconds(), group.Quantile(0).Seconds(), group.Slowest().Seconds()))
	}
	return lines
}
