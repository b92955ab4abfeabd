package eventra

import (
	"cmp"
	"slices"
	"time"
)

// Blocking is one act of an administrator: seats that are kept off sale, or
// given back. A blocked seat belongs to no booking.
type Blocking struct {
	ID      ID
	Blocked bool   // false: the seats are back on sale
	Reason  string // for administrators; may be empty
	Author  ID     // the administrator
	Changed int    // seats whose status changed
	Version uint64 // of the seat map afterwards
	At      time.Time
}

// SeatBlock is a blocking that keeps seats off sale, with those seats.
type SeatBlock struct {
	ID         ID
	Reason     string
	Author     ID
	AuthorName string // empty if the user is gone
	At         time.Time
	Seats      []string // names, in the order in which the seats were added
}

// SeatsNamedMax bounds how many seats an error about a selection names.
const SeatsNamedMax = 100

// BlockReasonMaxRunes bounds the reason of a block.
const BlockReasonMaxRunes = 200

// SeatSelection names seats one by one, or all those of a section or of one of its rows.
type SeatSelection struct {
	Seats   []string // canonical names; empty if Section is set
	Section string   // its canonical name
	Row     string   // its canonical name; empty: all rows
}

// Validate checks what needs no knowledge of the event.
func (s *SeatSelection) Validate(f *Faults) {
	switch {
	case (len(s.Seats) > 0) == (s.Section != ""):
		f.Add("seats", "one_of", "give either seats or section")
	case s.Row != "" && s.Section == "":
		f.Add("row", "needs_section", "must come with section")
	case len(s.Seats) > 0:
		ValidateSeatNames(f, s.Seats)
	}
}

// ValidateSeatNames checks that a list of seats has one at least, and none twice.
func ValidateSeatNames(f *Faults, names []string) {
	switch {
	case len(names) == 0:
		f.Add("seats", "required", "must name at least one seat")
	case len(names) > SeatsPerEventMax:
		f.Add("seats", "too_many", "an event has at most %d seats", SeatsPerEventMax)
	}
	seen := make(map[string]struct{}, len(names))
	for i, name := range names {
		if _, twice := seen[name]; twice && len(*f) <= SeatFaultsMax {
			f.Add(indexed("seats", i), "duplicate", "names a seat twice")
		}
		seen[name] = struct{}{}
	}
}

// SetBlocked keeps seats off sale, or gives them back: all of the selected ones or none.
// Seats that are as asked already keep their status; a block of theirs gets the new reason
// and author.
type SetBlocked struct {
	BlockingID ID
	Author     ID
	Selection  SeatSelection
	Blocked    bool
	Reason     string
	By         Actor // for the audit log, which gets no entry without one
}

// Validate checks what needs no knowledge of the event.
func (cmd *SetBlocked) Validate(f *Faults) {
	cmd.Selection.Validate(f)
	validateLine(f, "set.reason", cmd.Reason, 0, BlockReasonMaxRunes)
}

func (*SetBlocked) isCommand() {}

// decideBlocked never blocks a taken seat. A seat that a change in flight takes, blocks or
// gives back has to be waited for.
func (m *SeatMap) decideBlocked(cmd *SetBlocked) Decision {
	var faults Faults
	cmd.Validate(&faults)
	selected, err := m.layout.Selected(&cmd.Selection, &faults)
	if err = cmp.Or(faults.Err(), err); err != nil {
		return refuse(err)
	}
	if m.terms.Status == EventCancelled {
		return refuse(Errorf(CodeEventLocked, "the event is cancelled"))
	}
	if m.claims[cmd.BlockingID] != nil {
		return Decision{Verdict: Wait}
	}
	seats, changed, decision := m.toBlock(selected, cmd.Blocked)
	if decision != nil {
		return *decision
	}
	kind := Unblocked
	if cmd.Blocked {
		kind = Blocked
	}
	return m.accept(&Change{Kind: kind, Seats: seats, Audit: cmd.audit(m.eventID, changed), Blocking: &Blocking{ID: cmd.BlockingID,
		Blocked: cmd.Blocked, Reason: cmd.Reason, Author: cmd.Author, Changed: changed}})
}

// audit returns the entry of the audit log, which has the blocking's id: it is refused with it.
func (cmd *SetBlocked) audit(event ID, changed int) *AuditEntry {
	if cmd.By.IsZero() {
		return nil
	}
	action, facts := AuditSeatsUnblock, Facts{"changed": changed}
	if cmd.Blocked {
		action = AuditSeatsBlock
		facts["reason"] = cmd.Reason
	}
	cmd.Selection.addTo(facts)
	entry := cmd.By.AboutEvent(cmd.BlockingID, action, event, nil, facts)
	return &entry
}

// Selected returns the numbers of selected seats, in order. The error is CodeUnknownSeats
// for names that no seat has; f gets an unknown section or row.
func (l *Layout) Selected(s *SeatSelection, f *Faults) (seats []SeatNo, err error) {
	if s.Section != "" {
		return l.part(s, f), nil
	}
	var unknown []string
	for _, name := range s.Seats {
		no, known := l.Find(name)
		switch {
		case known:
			seats = append(seats, no)
		case len(unknown) < SeatsNamedMax:
			unknown = append(unknown, name)
		}
	}
	if unknown != nil {
		return nil, &Error{Code: CodeUnknownSeats, Message: "the event has no such seats", Seats: unknown}
	}
	slices.Sort(seats)
	return seats, nil
}

// part returns the seats of a section, or of one of its rows.
func (l *Layout) part(s *SeatSelection, f *Faults) (seats []SeatNo) {
	section := l.SectionNamed(s.Section)
	if section == AnySection {
		f.Add("section", "unknown_section", "the event has no such section")
		return nil
	}
	for i := range l.rows {
		row := &l.rows[i]
		if row.section == section && (s.Row == "" || CanonicalName(l.Seats[row.seats[0]].Row) == s.Row) {
			seats = append(seats, row.seats...)
		}
	}
	if seats == nil {
		f.Add("row", "unknown_row", "the section has no such row")
	}
	slices.Sort(seats)
	return seats
}

// toBlock returns the seats whose rows a blocking writes, and how many of them change their status;
// or a decision, if none can be made of them now.
func (m *SeatMap) toBlock(selected []SeatNo, blocked bool) (seats []SeatNo, changed int, otherwise *Decision) {
	seats = make([]SeatNo, 0, len(selected))
	var taken []string
	wait := false
	for _, no := range selected {
		seat := &m.seats[no]
		switch {
		case blocked && seat.owner != nil:
			if len(taken) < SeatsNamedMax {
				taken = append(taken, m.layout.Seats[no].Name())
			}
		case seat.blocking, blocked && seat.claimed:
			wait = true
		case blocked || seat.blocked:
			seats = append(seats, no)
			if seat.blocked != blocked {
				changed++
			}
		}
	}
	switch {
	case taken != nil:
		return nil, 0, &Decision{Verdict: Refuse, Err: &Error{Code: CodeSeatsUnavailable, Message: "some of the seats are taken", Seats: taken}}
	case wait:
		return nil, 0, &Decision{Verdict: Wait}
	}
	return seats, changed, nil
}

// claimBlocking reserves the seats of a blocking.
func (m *SeatMap) claimBlocking(c *Change) {
	for _, no := range c.Seats {
		seat := &m.seats[no]
		if seat.owner != nil || seat.claimed {
			panic("blocked a seat that is not free: " + m.layout.Seats[no].Name())
		}
		m.setBlocking(no, true)
	}
}

func (m *SeatMap) unclaimBlocking(c *Change) {
	for _, no := range c.Seats {
		m.setBlocking(no, false)
	}
}

// unblocks reports whether a change in flight gives a blocked seat back.
func (m *SeatMap) unblocks(no SeatNo) bool {
	for _, c := range m.claims {
		if c.Kind == Unblocked && c.claims(no) {
			return true
		}
	}
	return false
}

// setBlocking notes whether a blocking of the seat is in flight. Meanwhile a free seat is
// not offered.
func (m *SeatMap) setBlocking(no SeatNo, inFlight bool) {
	seat := &m.seats[no]
	seat.claimed, seat.blocking = inFlight, inFlight
	switch {
	case seat.blocked:
	case inFlight:
		m.rowFree[m.layout.row[no]]--
	default:
		m.rowFree[m.layout.row[no]]++
	}
}

// block applies a blocking. Its version is that of the seat map afterwards.
func (m *SeatMap) block(c *Change, version uint64, at time.Time) {
	c.Blocking.Version, c.Blocking.At = c.BlockingVersion(version), at
	for _, no := range c.Seats {
		seat := &m.seats[no]
		if seat.blocked == c.Blocking.Blocked {
			continue
		}
		before := seat.status()
		seat.blocked, seat.version = c.Blocking.Blocked, version
		if seat.blocked {
			m.rowFree[m.layout.row[no]]--
		} else {
			m.rowFree[m.layout.row[no]]++
		}
		m.recount(no, before, seat.status())
	}
}

// BlockingVersion returns the version of the seat map after a blocking that commits in a batch of a
// version: the one before, if no status changes.
func (c *Change) BlockingVersion(batch uint64) uint64 {
	if c.Blocking.Changed == 0 {
		return batch - 1
	}
	return batch
}
