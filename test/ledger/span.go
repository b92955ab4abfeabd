package ledger

import (
	"cmp"
	"slices"
	"time"
)

// span is a time in which somebody had a ticket, or may have had it.
type span struct{ from, to time.Time }

func everyTicket(string) bool      { return true }
func placesAlone(item string) bool { return item == "" }

// certain returns when each of the tickets that count was certainly had.
func certain(attempts []*attempt, counts func(item string) bool) (spans []span) {
	for _, a := range attempts {
		for i, item := range a.items {
			if from, to := a.certainlyHad(i + 1); counts(item) && from.Before(to) {
				spans = append(spans, span{from, to})
			}
		}
	}
	return spans
}

// possible returns when each of the tickets that count may have been had, in attempts that do.
func possible(attempts []*attempt, counts func(item string) bool, which func(*attempt) bool) (spans []span) {
	for _, a := range attempts {
		if !which(a) {
			continue
		}
		for i, item := range a.items {
			if from, to := a.possiblyHad(i + 1); counts(item) && from.Before(to) {
				spans = append(spans, span{from, to})
			}
		}
	}
	return spans
}

// peak returns the largest number of tickets at a moment between two times, and when that was.
func peak(spans []span, from, to time.Time) (most int, at time.Time) {
	type step struct {
		at   time.Time
		more int
	}
	var steps []step
	for _, s := range spans {
		if overlap(s.from, s.to, from, to) {
			steps = append(steps, step{latest(s.from, from), 1}, step{s.to, -1})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.more, b.more)) })
	n := 0
	for _, s := range steps {
		if n += s.more; n > most && s.at.Before(to) {
			most, at = n, s.at
		}
	}
	return most, at
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// number returns the number of the item that is a seat, 0 if there is none.
func (a *attempt) number(seat string) int { return slices.Index(a.items, seat) + 1 }

// certainlyHad returns the interval in which the attempt certainly had an item, empty unless it
// was granted.
func (a *attempt) certainlyHad(item int) (from, to time.Time) {
	from, to = a.certainlyHeld()
	for _, r := range a.refunds {
		if r.mayRelease(item) && r.start.Before(to) {
			to = r.start
		}
	}
	return from, to
}

// possiblyHad returns the interval in which the attempt may have had an item.
func (a *attempt) possiblyHad(item int) (from, to time.Time) {
	from, to = a.possiblyHeld()
	for _, r := range a.refunds {
		if r.releases(item) && r.end.Before(to) {
			to = r.end
		}
	}
	return from, to
}

// certainlyLive returns the interval in which the attempt certainly had a last item.
func (a *attempt) certainlyLive() (from, to time.Time) {
	from, _ = a.certainlyHeld()
	for i := range a.items {
		_, until := a.certainlyHad(i + 1)
		to = latest(to, until)
	}
	return from, to
}
