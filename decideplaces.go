package eventra

// noFloor stands where a ticket is to be a seat.
const noFloor int16 = -1

// choosePlaces finds the floor of each ticket that is asked for; it is nil if all are to be
// seats. Places that are durably taken are a reason to refuse, claimed ones a reason to wait.
func (m *SeatMap) choosePlaces(cmd *HoldSeats) (chosen []int16, wait bool, err error) {
	if !cmd.AsksForPlaces() {
		return nil, false, nil
	}
	wanted := make([]int, len(m.floors))
	chosen = make([]int16, 0, cmd.tickets())
	for i := range cmd.Items {
		item, floor := &cmd.Items[i], noFloor
		if item.Section != "" {
			no, found := m.floors.named(item.Section)
			if !found {
				return nil, false, &Error{Code: CodeUnknownSection, Message: "the event has no such general-admission section", Seats: []string{item.Section}}
			}
			floor = int16(no)
			wanted[no] += item.tickets()
		}
		for range item.tickets() {
			chosen = append(chosen, floor)
		}
	}
	wait, err = m.floors.room(wanted)
	return chosen, wait, err
}
