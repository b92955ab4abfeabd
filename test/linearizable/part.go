package linearizable

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Part is a number of whole rows that no claim joins to any other row: what
// happens there says nothing of the rest, and the other way round.
type Part struct {
	Event string
	Steps []Timed

	seats  []string // in the order of the house
	beside []bool   // whether a seat is next to the one before it
	claims []place
	wanted [][]int // by seat: the claims on it
}

// place is where a claim's seats are in a part.
type place struct {
	claim *claim
	at    []int
}

// Timed is a step with the time in which it was taken, in nanoseconds.
type Timed struct {
	*step
	Call, Return int64
}

// rowOf is the row that a seat is in.
func rowOf(seat string) string { return seat[:strings.LastIndexByte(seat, '-')] }

// split makes the parts of an event; each takes the claims on its seats.
func split(event string, seats []string, all []*claim) (parts []*Part, partOf map[string]*Part) {
	joined := rows{}
	for _, seat := range seats {
		joined.find(rowOf(seat))
	}
	for _, c := range all {
		for _, group := range [][]string{c.seats, c.refused} {
			for _, seat := range group {
				joined.join(rowOf(group[0]), rowOf(seat))
			}
		}
	}
	partOf = map[string]*Part{}
	byRoot := map[string]*Part{}
	sorted := slices.SortedFunc(slices.Values(seats), inHouse)
	for _, seat := range sorted {
		root := joined.find(rowOf(seat))
		part := byRoot[root]
		if part == nil {
			part = &Part{Event: event}
			byRoot[root] = part
			parts = append(parts, part)
		}
		n := len(part.seats)
		part.beside = append(part.beside, n > 0 && rowOf(part.seats[n-1]) == rowOf(seat) && number(seat) == number(part.seats[n-1])+1)
		part.seats = append(part.seats, seat)
		part.wanted = append(part.wanted, nil)
		partOf[seat] = part
	}
	return parts, partOf
}

// add gives the part a claim and returns its number there.
func (p *Part) add(c *claim) int {
	n := len(p.claims)
	at := p.positions(c.seats)
	for _, seat := range at {
		p.wanted[seat] = append(p.wanted[seat], n)
	}
	p.claims = append(p.claims, place{c, at})
	return n
}

func (p *Part) positions(seats []string) (at []int) {
	for _, seat := range seats {
		at = append(at, slices.Index(p.seats, seat))
	}
	return at
}

func number(seat string) int {
	n, _ := strconv.Atoi(seat[strings.LastIndexByte(seat, '-')+1:])
	return n
}

func inHouse(a, b string) int {
	return cmp.Or(cmp.Compare(rowOf(a), rowOf(b)), cmp.Compare(number(a), number(b)))
}

// rows are disjoint sets of rows, each named by one of its own.
type rows map[string]string

func (r rows) find(row string) string {
	up, known := r[row]
	if !known || up == row {
		r[row] = row
		return row
	}
	root := r.find(up)
	r[row] = root
	return root
}

func (r rows) join(a, b string) { r[r.find(a)] = r.find(b) }
