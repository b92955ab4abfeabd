package actors

import (
	"errors"
	"slices"
	"time"

	"github.com/eventra/eventra"
)

// simRow is how many seats a row has.
const simRow = 4

// simRowQuiet is after how long no decision in flight knows of a seat that was freed.
const simRowQuiet = 10 * time.Second

// namesSeats notes that a booking, if it is made, is judged by the orphan rule.
func (s *simulation) namesSeats(cmd *eventra.HoldSeats) {
	if cmd.Best == nil {
		s.named[cmd.BookingID] = true
	}
}

// freed notes that a row had a taken seat: a pick may have been judged by that.
func (s *simulation) freed(no eventra.SeatNo) { s.freedAt[no/simRow] = s.clock }

// checkPick checks a hold right before its row is written. All that was in flight when it was
// decided has ended, so its verdict has to be right now: a pick of seats side by side either
// leaves no seat alone, or any other one would, too.
func (s *simulation) checkPick(b *eventra.Booking) {
	var pick []eventra.SeatNo
	for _, seat := range b.OwnSeats() {
		pick = append(pick, seat.No)
	}
	if len(pick) == 0 { // places alone
		return
	}
	if s.event.terms.OrphanRule != eventra.OrphanStrict || !s.named[b.ID] || !s.quietRow(pick) || !s.leavesAlone(pick) {
		return
	}
	for first := range s.db.seats {
		other := []eventra.SeatNo{eventra.SeatNo(first)}
		for len(other) < len(pick) {
			other = append(other, other[len(other)-1]+1)
		}
		if s.allFree(other) && s.quietRow(other) && !s.leavesAlone(other) {
			s.fail("the strict rule lets %v be held, which leaves a seat alone; %v would not", pick, other)
		}
	}
}

// quietRow reports whether seats are side by side in a row where none was freed lately.
func (s *simulation) quietRow(pick []eventra.SeatNo) bool {
	row := pick[0] / simRow
	for i, no := range pick {
		if no != pick[0]+eventra.SeatNo(i) || no/simRow != row {
			return false
		}
	}
	freed, once := s.freedAt[row]
	return !once || s.clock-freed > simRowQuiet
}

// checkRefusedPick judges a refusal when it is given, unless seats are being freed.
func (s *simulation) checkRefusedPick(a *simActor, cmd *eventra.HoldSeats, err error) {
	refusal, _ := errors.AsType[*eventra.Error](err)
	if len(refusal.Suggestions) == 0 {
		s.fail("%s refuses %v and has no other seats", a.name, namedSeats(cmd))
	}
	if !s.current(a.activation) || a.activation.inFlight != nil && slices.ContainsFunc(a.activation.inFlight.Changes, frees) {
		return
	}
	if !s.leavesAlone(s.seatNos(namedSeats(cmd))) {
		s.fail("%s refuses %v, which leave no seat alone", a.name, namedSeats(cmd))
	}
	for _, names := range refusal.Suggestions {
		if other := s.seatNos(names); len(other) != len(namedSeats(cmd)) || !s.allFree(other) || s.leavesAlone(other) {
			s.fail("%s suggests %v in place of %v", a.name, names, namedSeats(cmd))
		}
	}
}

func (s *simulation) seatNos(names []string) (seats []eventra.SeatNo) {
	for _, name := range names {
		no, _ := s.layout.Find(name)
		seats = append(seats, no)
	}
	return seats
}

func (s *simulation) free(no eventra.SeatNo) bool {
	return no >= 0 && int(no) < len(s.db.seats) && s.db.seats[no].Status == eventra.SeatAvailable
}

func (s *simulation) allFree(pick []eventra.SeatNo) bool {
	return !slices.ContainsFunc(pick, func(no eventra.SeatNo) bool { return !s.free(no) })
}

// leavesAlone reports whether a free seat beside a pick has neither a free nor a blocked
// neighbour.
func (s *simulation) leavesAlone(pick []eventra.SeatNo) bool {
	remains := func(no, of eventra.SeatNo) bool {
		return no >= 0 && int(no) < len(s.db.seats) && no/simRow == of/simRow && !slices.Contains(pick, no)
	}
	company := func(no, of eventra.SeatNo) bool {
		return remains(no, of) && (s.free(no) || s.db.seats[no].Status == eventra.SeatBlocked)
	}
	for _, no := range pick {
		for _, next := range []eventra.SeatNo{no - 1, no + 1} {
			if remains(next, no) && s.free(next) && !company(next-1, no) && !company(next+1, no) {
				return true
			}
		}
	}
	return false
}
