package eventra

// placement is a block of seats side by side and what speaks against it.
type placement struct {
	row, first int // position in Layout.rows, and of the first seat in the row
	orphans    int // single seats left alone beside the block, 0 to 2
	distance   int // from the front and centre, in half seats; a row counts as a seat
}

func (p placement) betterThan(q placement) bool {
	if p.orphans != q.orphans {
		return p.orphans < q.orphans
	}
	return p.distance < q.distance
}

// chooseBest finds free seats with consecutive numbers in one row. It avoids
// leaving a single seat alone, then goes by the distance from the front and the
// centre of the row; of equals the first in the layout's order wins. Seats
// claimed in flight count as taken, unless only they keep it from finding any:
// then it is to wait.
func (m *SeatMap) chooseBest(section int32, quantity int) (seats []SeatNo, wait bool, err error) {
	if p, found := m.bestPlacement(section, quantity, false); found {
		return m.layout.rows[p.row].seats[p.first : p.first+quantity], false, nil
	}
	if len(m.claims) > 0 {
		if _, found := m.bestPlacement(section, quantity, true); found {
			return nil, true, nil
		}
	}
	return nil, false, Errorf(CodeNotEnoughSeats, "there are no %d free seats side by side", quantity)
}

// anySection stands for the whole house.
const anySection int32 = -1

// sectionNamed returns a section's position, or anySection if there is none of
// that name.
func (l *Layout) sectionNamed(name string) int32 {
	for i, s := range l.Sections {
		if s == name {
			return int32(i)
		}
	}
	return anySection
}

// bestPlacement searches all rows of a section.
func (m *SeatMap) bestPlacement(section int32, quantity int, claimedIsFree bool) (best placement, found bool) {
	for i := range m.layout.rows {
		row := &m.layout.rows[i]
		if section != anySection && row.section != section || len(row.seats) < quantity {
			continue
		}
		if !claimedIsFree && int(m.rowFree[i]) < quantity {
			continue
		}
		if found && best.orphans == 0 && 2*row.depth >= best.distance {
			continue // no block in this row can be nearer
		}
		for start := 0; start < len(row.seats); {
			end := m.freeRun(row, start, claimedIsFree)
			for first := start; first+quantity <= end; first++ {
				p := placement{row: i, first: first, orphans: orphans(start, end, first, quantity),
					distance: 2*row.depth + abs(2*first+quantity-len(row.seats))}
				if !found || p.betterThan(best) {
					best, found = p, true
				}
			}
			start = max(end, start+1)
		}
	}
	return best, found
}

// freeRun returns the end of the free seats with consecutive numbers from
// start on.
func (m *SeatMap) freeRun(row *seatRow, start int, claimedIsFree bool) (end int) {
	for end = start; end < len(row.seats); end++ {
		no := row.seats[end]
		seat := &m.seats[no]
		if seat.owner != nil || seat.claimed && !claimedIsFree {
			break
		}
		if end > start && m.layout.Seats[no].Number != m.layout.Seats[row.seats[end-1]].Number+1 {
			break
		}
	}
	return end
}

// orphans counts the single seats that a block leaves in the free run around it.
func orphans(start, end, first, quantity int) (n int) {
	if first-start == 1 {
		n++
	}
	if end-(first+quantity) == 1 {
		n++
	}
	return n
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
