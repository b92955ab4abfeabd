package wire

import (
	"fmt"

	"github.com/eventra/eventra"
)

// SetSeatChanges sets the seats that changed since the version asked for as the
// body, the answer to ReadSeats. It sets all seats if the asking member knows
// another number of seats or a later version.
func (e *Envelope) SetSeatChanges(view *eventra.SeatsView, asked *ReadSeats) {
	changes := &SeatChanges{Version: view.Version, Total: int32(len(view.Status)), LayoutVersion: view.LayoutVersion}
	e.Body = &Envelope_SeatChanges{changes}
	for i := range view.Floors {
		changes.Floors = append(changes.Floors, encodeFloor(&view.Floors[i]))
	}
	if int(asked.GetSeats()) != len(view.Status) || asked.GetSince() > view.Version {
		changes.All, changes.Versions, changes.Statuses = true, view.Changed, make([]byte, len(view.Status))
		for i, status := range view.Status {
			changes.Statuses[i] = byte(status)
		}
		return
	}
	if asked.GetSince() == view.Version {
		return
	}
	for i, version := range view.Changed {
		if version > asked.GetSince() {
			changes.Numbers = append(changes.Numbers, int32(i))
			changes.Statuses = append(changes.Statuses, byte(view.Status[i]))
			changes.Versions = append(changes.Versions, version)
		}
	}
}

// Apply returns the old view with the changes in it; old itself stays unchanged.
func (c *SeatChanges) Apply(old *eventra.SeatsView) (*eventra.SeatsView, error) {
	count := len(c.GetNumbers())
	if c.GetAll() {
		count = int(c.GetTotal())
	}
	if int(c.GetTotal()) != len(old.Status) || len(c.GetStatuses()) != count || len(c.GetVersions()) != count {
		return nil, fmt.Errorf("changes of an event with %d seats for a map of %d", c.GetTotal(), len(old.Status))
	}
	view := &eventra.SeatsView{EventID: old.EventID, Version: c.GetVersion(), Layout: old.Layout, LayoutVersion: c.GetLayoutVersion(),
		Status: append([]eventra.SeatStatus(nil), old.Status...), Changed: append([]uint64(nil), old.Changed...)}
	for _, floor := range c.GetFloors() {
		view.Floors = append(view.Floors, floor.decode())
	}
	for i := range count {
		no := i
		if !c.GetAll() {
			no = int(c.GetNumbers()[i])
		}
		status := eventra.SeatStatus(c.GetStatuses()[i])
		if no < 0 || no >= len(view.Status) || status > eventra.SeatRemoved {
			return nil, fmt.Errorf("invalid seat %d or status %d", no, status)
		}
		view.Status[no], view.Changed[no] = status, c.GetVersions()[i]
	}
	return view, nil
}

func encodeFloor(f *eventra.FloorView) *SeatChanges_Floor {
	return &SeatChanges_Floor{Name: f.Name, Capacity: int32(f.Capacity), Blocked: int32(f.Blocked), Held: int32(f.Held),
		Booked: int32(f.Booked), Changed: f.Changed, Price: encodeMoney(f.Price), Category: f.Category}
}

func (f *SeatChanges_Floor) decode() eventra.FloorView {
	return eventra.FloorView{Floor: eventra.Floor{Name: f.GetName(), Capacity: int(f.GetCapacity()), Price: f.GetPrice().decode()},
		Category: f.GetCategory(), Blocked: int(f.GetBlocked()), Held: int(f.GetHeld()), Booked: int(f.GetBooked()), Changed: f.GetChanged()}
}

// SetAvailability sets an event's counters as the body, the answer to
// ReadAvailability.
func (e *Envelope) SetAvailability(a *eventra.Availability) {
	out := &Availability{Version: a.Version, Total: encodeTally(a.Total), Sections: make([]*Availability_Tally, len(a.Sections))}
	for i, section := range a.Sections {
		out.Sections[i] = encodeTally(section)
	}
	e.Body = &Envelope_Availability{out}
}

func encodeTally(t eventra.SectionTally) *Availability_Tally {
	return &Availability_Tally{Name: t.Name, Total: int32(t.Total), Available: int32(t.Available), Held: int32(t.Held),
		Booked: int32(t.Booked), PriceFrom: encodeMoney(t.PriceFrom), Blocked: int32(t.Blocked), General: t.General}
}

// Decode returns an event's counters.
func (a *Availability) Decode(event eventra.ID) *eventra.Availability {
	out := &eventra.Availability{EventID: event, Version: a.GetVersion(), Total: a.GetTotal().decode(),
		Sections: make([]eventra.SectionTally, len(a.GetSections()))}
	for i, section := range a.GetSections() {
		out.Sections[i] = section.decode()
	}
	return out
}

func (t *Availability_Tally) decode() eventra.SectionTally {
	return eventra.SectionTally{Name: t.GetName(), Total: int(t.GetTotal()), Available: int(t.GetAvailable()), Held: int(t.GetHeld()),
		Booked: int(t.GetBooked()), PriceFrom: t.GetPriceFrom().decode(), Blocked: int(t.GetBlocked()), General: t.GetGeneral()}
}
