package eventra

// block is some seats side by side, with its disadvantages.
type block struct {
	row, first int // position in Layout.rows, and of the first seat in the row
	orphans    int // single free seats left next to the block, 0 to 2
	distance   int // from the front and the centre, in half seats; a row counts as a seat
}

func (b block) betterThan(other block) bool {
	if b.orphans != other.orphans {
		return b.orphans < other.orphans
	}
	return b.distance < other.distance
}

// chooseBest finds free seats side by side in one row: those that were added one
// after the other, whatever their numbers are, since halls are numbered in many
// ways (7 5 3 1 2 4 6 8). The best block leaves the fewest orphans, then is nearest to the front and the centre of
// its row, then is first in the layout's order. Claimed seats count as taken. If
// a block exists only with them, the command has to wait.
//
// The seats are of categories in which all of the ticket types are sold.
func (m *SeatMap) chooseBest(section int32, best *BestAvailable, types []int) (seats []SeatNo, wait bool, err error) {
	sold, err := m.layout.soldIn(best.Category, types)
	if err != nil {
		return nil, false, err
	}
	quantity := best.Quantity
	if b, found := m.bestBlock(section, quantity, sold, false); found {
		return m.layout.rows[b.row].seats[b.first : b.first+quantity], false, nil
	}
	if len(m.claims) > 0 {
		if _, found := m.bestBlock(section, quantity, sold, true); found {
			return nil, true, nil
		}
	}
	return nil, false, Errorf(CodeNotEnoughSeats, "there are no %d free seats side by side", quantity)
}

// bestBlock searches all rows of a section.
func (m *SeatMap) bestBlock(section int32, quantity int, sold []bool, claimedIsFree bool) (best block, found bool) {
	for i := range m.layout.rows {
		row := &m.layout.rows[i]
		if section != AnySection && row.section != section || len(row.seats) < quantity {
			continue
		}
		if !claimedIsFree && int(m.rowFree[i]) < quantity {
			continue
		}
		if found && best.orphans == 0 && 2*row.depth >= best.distance {
			continue // no block in this row can be nearer
		}
		for start := 0; start < len(row.seats); {
			end := m.freeRun(row, start, sold, claimedIsFree)
			for first := start; first+quantity <= end; first++ {
				b := block{row: i, first: first, orphans: orphans(start, end, first, quantity),
					distance: 2*row.depth + abs(2*first+quantity-len(row.seats))}
				if !found || b.betterThan(best) {
					best, found = b, true
				}
			}
			start = max(end, start+1)
		}
	}
	return best, found
}

// freeRun returns the end of the run of free seats that begins at start; it is
// start itself if that seat is not free. sold says which categories are asked for, nil all.
func (m *SeatMap) freeRun(row *seatRow, start int, sold []bool, claimedIsFree bool) (end int) {
	for end = start; end < len(row.seats); end++ {
		seat := &m.seats[row.seats[end]]
		if seat.taken() || seat.claimed && !claimedIsFree || sold != nil && !sold[m.layout.category[row.seats[end]]] {
			break
		}
	}
	return end
}

// orphans counts the single seats that a block leaves in its run of free seats.
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
