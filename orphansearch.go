package eventra

import (
	"iter"
	"slices"
)

// Limits of the search for a pick without orphans. A search that reaches the first one has
// found nothing, and the pick stands.
const (
	orphanSearchMax      = 4096 // seats and rows that it looks at
	orphanSuggestionsMax = 3    // it ends when it has so many
)

// orphanSearch looks for seats side by side, for as many people as a pick has in one row.
type orphanSearch struct {
	budget      int // seats and rows that it may still look at
	suggestions [][]string

	// Of the part of the pick that moves now:
	people  int
	costs   []int32 // the price classes of its seats, in order: other seats cost the same
	found   []place // that leave no orphan, whatever becomes of the claims; nearest first
	depends bool    // a place was seen that is free, or leaves none, if some claims are withdrawn
}

// place is seats side by side, at a position in a row.
type place struct {
	row             int32
	first, distance int
}

// suggest looks for other picks for the same people that leave no orphan: each row's part
// of the pick that leaves one moves, all together, to a near place that costs the same; the
// others stay. It reports whether there is such a pick.
func (j *orphanJudge) suggest() (suggestions [][]string, another certainty) {
	var moving []int
	for i := range j.groups {
		if j.leavesOrphansAt(&j.groups[i]) != never {
			moving = append(moving, i)
		}
	}
	j.search.budget = orphanSearchMax
	another = j.move(moving)
	return j.search.suggestions, another
}

// move tries places for the parts of the pick that move, one part after the other.
func (j *orphanJudge) move(moving []int) (another certainty) {
	if len(moving) == 0 {
		switch j.leavesOrphans() { // parts that are clean alone may leave an orphan together
		case never:
			j.search.suggestions = append(j.search.suggestions, j.names())
			return always
		case depends:
			return depends
		}
		return never
	}
	part := j.groups[moving[0]]
	places, another := j.look(moving[0])
	for _, p := range places {
		j.groups[moving[0]] = p.pick(len(part.at))
		another = max(another, j.move(moving[1:]))
		if another == always && len(moving) > 1 {
			break // the places of the last part are variety enough
		}
	}
	j.groups[moving[0]] = part
	return another
}

func (p place) pick(people int) rowPick {
	g := rowPick{row: p.row, at: make([]int, people)}
	for i := range g.at {
		g.at[i] = p.first + i
	}
	return g
}

// names lists the seats of the pick.
func (j *orphanJudge) names() (names []string) {
	for _, g := range j.groups {
		for _, at := range g.at {
			names = append(names, j.m.layout.Seats[j.m.layout.rows[g.row].seats[at]].Name())
		}
	}
	return names
}

// look searches for other places for one part: in its row, then in the rows around it, its
// own section's first. If there is none, it reports whether that depends.
func (j *orphanJudge) look(moving int) (places []place, another certainty) {
	g := j.groups[moving]
	j.groups[moving] = rowPick{row: g.row} // its seats are free
	s := &j.search
	s.people, s.costs, s.found, s.depends = len(g.at), j.classes(s.costs[:0], g), nil, false
	for row := range j.m.layout.rowsAround(g.row) {
		if s.budget--; s.budget <= 0 || len(s.found) >= orphanSuggestionsMax {
			break
		}
		if int(j.m.rowFree[row]) >= s.people {
			j.lookInRow(row, g)
		}
	}
	if len(s.found) == 0 && !s.depends {
		j.lookWhereClaimed(g)
	}
	j.groups[moving] = g
	if s.depends {
		another = depends
	}
	return s.found, another
}

// lookWhereClaimed searches the rows that have too few free seats while changes are in
// flight.
func (j *orphanJudge) lookWhereClaimed(g rowPick) {
	for _, row := range j.m.rowsWithClaims() {
		if j.search.budget > 0 {
			j.lookInRow(row, g)
		}
	}
}

// lookInRow searches one row, nearest to where the group is in its own.
func (j *orphanJudge) lookInRow(row int32, g rowPick) {
	s := &j.search
	length := len(j.m.layout.rows[row].seats)
	want := g.at[0] + (length-len(j.m.layout.rows[g.row].seats))/2
	from, to := max(0, want-s.budget/2), min(length, want+s.people+s.budget/2)
	s.budget -= max(0, to-from)
	earlier := len(s.found)
	open, free := 0, 0 // seats in succession that are not taken for good; that are free
	for at := from; at < to; at++ {
		switch use := j.use(row, at); {
		case use >= useTaken || !j.suits(row, at):
			open, free = 0, 0
		case use == useFree:
			open, free = open+1, free+1
		default:
			open, free = open+1, 0
		}
		first := at - s.people + 1
		if open < s.people || !j.costsTheSame(row, first) {
			continue
		}
		switch sure := max(j.orphan(row, first, -1), j.orphan(row, at, +1)); {
		case sure == never && free >= s.people:
			s.add(earlier, place{row: row, first: first, distance: abs(first - want)})
		case sure != always:
			s.depends = true
		}
	}
}

// add keeps the nearest places of a row, behind those that were found in earlier rows.
func (s *orphanSearch) add(earlier int, p place) {
	i := len(s.found)
	for i > earlier && s.found[i-1].distance > p.distance {
		i--
	}
	if i < orphanSuggestionsMax {
		s.found = slices.Insert(s.found, i, p)
		s.found = s.found[:min(len(s.found), orphanSuggestionsMax)]
	}
}

// classes appends the price classes of the seats of a part of the pick, and sorts them.
func (j *orphanJudge) classes(list []int32, g rowPick) []int32 {
	for _, at := range g.at {
		list = append(list, j.class(g.row, at))
	}
	slices.Sort(list)
	return list
}

func (j *orphanJudge) class(row int32, at int) int32 {
	return j.m.layout.prices.class[j.m.layout.category[j.m.layout.rows[row].seats[at]]]
}

// suits reports whether a seat costs what one of those does that are to be replaced.
func (j *orphanJudge) suits(row int32, at int) bool {
	return slices.Contains(j.search.costs, j.class(row, at))
}

// costsTheSame reports whether seats that all suit are as many of each price class as those
// that are to be replaced.
func (j *orphanJudge) costsTheSame(row int32, first int) bool {
	costs := j.search.costs
	if costs[0] == costs[len(costs)-1] {
		return true
	}
	return slices.Equal(costs, j.classes(nil, place{row: row, first: first}.pick(len(costs))))
}

// rowsAround goes through all rows: first that one, then its neighbours in the section,
// nearest first, then the others.
func (l *Layout) rowsAround(row int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		if !yield(row) {
			return
		}
		low, high := row, row // of the rows so far
		for _, section := range []int32{l.rows[row].section, AnySection} {
			belongs := func(row int32) bool {
				return row >= 0 && int(row) < len(l.rows) && (section == AnySection || l.rows[row].section == section)
			}
			for belongs(low-1) || belongs(high+1) {
				if belongs(low - 1) {
					if low--; !yield(low) {
						return
					}
				}
				if belongs(high + 1) {
					if high++; !yield(high) {
						return
					}
				}
			}
		}
	}
}

// rowsWithClaims returns the rows in which changes in flight take or block seats, or give
// them back, in the layout's order.
func (m *SeatMap) rowsWithClaims() (rows []int32) {
	add := func(no SeatNo) {
		if row := m.layout.row[no]; len(rows) == 0 || rows[len(rows)-1] != row {
			rows = append(rows, row)
		}
	}
	for _, c := range m.claims {
		for _, no := range c.Seats {
			add(no)
		}
		if c.Kind.TakesSeats() {
			for _, item := range c.Booking.OwnSeats() {
				add(item.No)
			}
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}
