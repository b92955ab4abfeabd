package eventra

import (
	"cmp"
	"slices"
)

// An orphan is a free seat that a pick leaves alone: one of its neighbours is picked, and
// so is the other one, or that is taken, or the row ends there. A row ends at an aisle.
// A gap that was there before is none: it has no picked neighbour. Nor is a seat beside a blocked
// one, which may come back on sale.
//
// A claimed seat may end up free or taken. What is said about a pick is therefore one of
// three: so it is, whatever becomes of the claims; so it is not; or it depends.

// seatUse is what a seat is to a pick beside it.
type seatUse uint8

const (
	useFree     seatUse = iota
	useClaimed          // by a change in flight: free or taken
	useBlocking         // a change in flight blocks it or gives it back: free or blocked
	useTaken            // durably, or by the pick itself, or beyond the end of the row
	useBlocked
)

// certainty says whether something is so.
type certainty uint8

const (
	never   certainty = iota
	depends           // on changes in flight
	always            // whatever becomes of them
)

// orphanJudge judges one pick. It reads the seat map and changes nothing.
type orphanJudge struct {
	m      *SeatMap
	groups []rowPick // the pick
	// claimsTaken takes the changes in flight for committed, so that nothing depends.
	claimsTaken bool

	search orphanSearch
}

// rowPick is the part of a pick that is in one row.
type rowPick struct {
	row int32
	at  []int // positions in the row, ascending
}

// judgeOrphans prepares the judgement of free seats that a hold names.
func (m *SeatMap) judgeOrphans(pick []SeatNo) *orphanJudge {
	sorted := slices.Clone(pick)
	slices.SortFunc(sorted, func(a, b SeatNo) int {
		return cmp.Or(cmp.Compare(m.layout.row[a], m.layout.row[b]), cmp.Compare(a, b))
	})
	j := &orphanJudge{m: m}
	positions := make([]int, len(pick))
	for i, no := range sorted {
		row := m.layout.row[no]
		positions[i], _ = slices.BinarySearch(m.layout.rows[row].seats, no)
		if last := len(j.groups) - 1; last >= 0 && j.groups[last].row == row {
			j.groups[last].at = positions[i-len(j.groups[last].at) : i+1]
		} else {
			j.groups = append(j.groups, rowPick{row: row, at: positions[i : i+1]})
		}
	}
	return j
}

// obeyOrphanRule applies the event's rule to free seats: it reports whether a hold of them
// comes with a warning, or returns another decision. Best available seats are not judged.
func (m *SeatMap) obeyOrphanRule(cmd *HoldSeats, pick []SeatNo) (warns bool, otherwise *Decision) {
	if cmd.Best != nil || len(pick) == 0 {
		return false, nil
	}
	switch m.terms.OrphanRule {
	case OrphanWarn:
		if warns = m.warnsOfOrphans(pick); warns && cmd.Attempt != nil {
			return false, &Decision{Verdict: Refuse, Err: ErrClaimKeyFirst} // its outcome is stored as it is answered
		}
		return warns, nil
	case OrphanStrict:
		switch wait, err := m.refuseOrphans(pick); {
		case err != nil:
			return false, &Decision{Verdict: Refuse, Err: err}
		case wait:
			return false, &Decision{Verdict: Wait}
		}
	}
	return false, nil
}

// refuseOrphans is the strict rule. It refuses a pick that leaves an orphan if another
// pick for the same people leaves none, both whatever becomes of the changes in flight.
// If they decide it, the command has to wait.
func (m *SeatMap) refuseOrphans(pick []SeatNo) (wait bool, err error) {
	j := m.judgeOrphans(pick)
	sure := j.leavesOrphans()
	if sure == never {
		return false, nil
	}
	suggestions, another := j.suggest()
	switch {
	case another == never:
		return false, nil
	case sure == depends || another == depends:
		return true, nil
	}
	return false, &Error{Code: CodeLeavesSingleSeat, Message: "these seats would leave a single one free; others would not",
		Orphans: m.seatNames(j.orphans()), Suggestions: suggestions}
}

// warnsOfOrphans is the warning rule. It tells of what the strict one would refuse if the
// changes in flight were committed, and so never waits.
func (m *SeatMap) warnsOfOrphans(pick []SeatNo) bool {
	j := m.judgeOrphans(pick)
	j.claimsTaken = true
	if j.leavesOrphans() == never {
		return false
	}
	_, another := j.suggest()
	return another == always
}

func (m *SeatMap) seatNames(seats []SeatNo) []string {
	names := make([]string, len(seats))
	for i, no := range seats {
		names[i] = m.layout.Seats[no].Name()
	}
	return names
}

// leavesOrphans reports whether the pick leaves an orphan.
func (j *orphanJudge) leavesOrphans() (sure certainty) {
	for i := range j.groups {
		sure = max(sure, j.leavesOrphansAt(&j.groups[i]))
	}
	return sure
}

func (j *orphanJudge) leavesOrphansAt(g *rowPick) (sure certainty) {
	for _, at := range g.at {
		sure = max(sure, j.orphan(g.row, at, -1), j.orphan(g.row, at, +1))
	}
	return sure
}

// orphans returns the seats that the pick leaves alone whatever becomes of the claims.
func (j *orphanJudge) orphans() (seats []SeatNo) {
	for _, g := range j.groups {
		for _, at := range g.at {
			for _, step := range []int{-1, +1} {
				if j.orphan(g.row, at, step) == always {
					seats = append(seats, j.m.layout.rows[g.row].seats[at+step])
				}
			}
		}
	}
	return slices.Compact(seats) // one between two picked seats was found twice, in succession
}

// orphan reports whether the seat next to a picked one is an orphan.
func (j *orphanJudge) orphan(row int32, picked, step int) certainty {
	near := j.use(row, picked+step)
	if near >= useTaken {
		return never
	}
	far := j.use(row, picked+2*step)
	switch {
	case far == useFree, far == useBlocking, far == useBlocked:
		return never
	case near == useFree && far == useTaken:
		return always
	case near == useClaimed && far == useClaimed && j.claimedTogether(row, picked+step, picked+2*step):
		return never
	}
	return depends
}

func (j *orphanJudge) use(row int32, at int) seatUse {
	seats := j.m.layout.rows[row].seats
	if at < 0 || at >= len(seats) || j.picked(row, at) {
		return useTaken
	}
	switch seat := &j.m.seats[seats[at]]; {
	case seat.owner != nil:
		return useTaken
	case seat.blocking:
		return j.useInBlocking(seats[at])
	case seat.blocked:
		return useBlocked
	case seat.claimed && j.claimsTaken:
		return useTaken
	case seat.claimed:
		return useClaimed
	}
	return useFree
}

// useInBlocking is the use of a seat that a change in flight blocks or gives back.
func (j *orphanJudge) useInBlocking(no SeatNo) seatUse {
	switch givenBack := j.m.unblocks(no); {
	case j.m.seats[no].blocked && !givenBack:
		return useBlocked // either way
	case !j.claimsTaken:
		return useBlocking
	case givenBack:
		return useFree
	}
	return useBlocked
}

func (j *orphanJudge) picked(row int32, at int) bool {
	for i := range j.groups {
		if g := &j.groups[i]; g.row == row && slices.Contains(g.at, at) {
			return true
		}
	}
	return false
}

// claimedTogether reports whether one change claims both seats: either both become taken
// or none.
func (j *orphanJudge) claimedTogether(row int32, a, b int) bool {
	seats := j.m.layout.rows[row].seats
	for _, c := range j.m.claims {
		if c.claims(seats[a]) {
			return c.claims(seats[b])
		}
	}
	return false
}
