package linearizable

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Part is a set of rows that no attempt joins to other rows, so that it can be
// judged alone: linearizability is local.
type Part struct {
	Event string
	Steps []Timed

	seats      []string // in order
	adjacent   []bool   // by seat: whether it is next to the one before it
	attempts   []seating
	attemptsOn [][]int // by seat: the attempts on it
}

// seating is an attempt, or a refund of one that gives items up, with the positions of its seats
// in a part.
type seating struct {
	attempt *attempt
	at      []int
	refunds []int // of the attempt
	items   int   // of the refund
}

// Timed is a step with the times of its request and its answer, in nanoseconds
// from the beginning of the history.
type Timed struct {
	*step
	Call, Return int64
}

// rowOf returns the row of a seat.
func rowOf(seat string) string { return seat[:strings.LastIndexByte(seat, '-')] }

// split divides an event's seats into parts.
func split(event string, seats []string, all []*attempt) (parts []*Part, partOf map[string]*Part) {
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
	sorted := slices.SortedFunc(slices.Values(seats), bySeat)
	for _, seat := range sorted {
		root := joined.find(rowOf(seat))
		part := byRoot[root]
		if part == nil {
			part = &Part{Event: event}
			byRoot[root] = part
			parts = append(parts, part)
		}
		n := len(part.seats)
		part.adjacent = append(part.adjacent, n > 0 && rowOf(part.seats[n-1]) == rowOf(seat) && number(seat) == number(part.seats[n-1])+1)
		part.seats = append(part.seats, seat)
		part.attemptsOn = append(part.attemptsOn, nil)
		partOf[seat] = part
	}
	return parts, partOf
}

// add adds an attempt to the part and returns its index.
func (p *Part) add(c *attempt) int {
	n := len(p.attempts)
	at := p.positions(c.seats)
	for _, seat := range at {
		p.attemptsOn[seat] = append(p.attemptsOn[seat], n)
	}
	p.attempts = append(p.attempts, seating{attempt: c, at: at})
	return n
}

// addRefund adds a refund of an attempt that gives items up, and returns its index.
func (p *Part) addRefund(attempt int, c *attempt, items int) int {
	n := len(p.attempts)
	p.attempts = append(p.attempts, seating{attempt: c, at: p.positions(c.seats), items: items})
	p.attempts[attempt].refunds = append(p.attempts[attempt].refunds, n)
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

func bySeat(a, b string) int {
	return cmp.Or(cmp.Compare(rowOf(a), rowOf(b)), cmp.Compare(number(a), number(b)))
}

// rows is a union-find structure of rows: it maps each to another of its set, and
// the root of a set to itself.
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
