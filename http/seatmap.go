package http

import "github.com/eventra/eventra"

// seatPart is the requested part of a seat map.
type seatPart struct {
	section   string
	bySection bool
	since     uint64 // only seats changed after this version
	bySince   bool
}

func (p seatPart) whole() bool { return !p.bySection && !p.bySince }

// has reports whether a seat belongs to the part.
func (p seatPart) has(view *eventra.SeatsView, no int) bool {
	return view.Status[no] != eventra.SeatRemoved && (!p.bySection || view.Layout.Seats[no].Section == p.section) && (!p.bySince || view.Changed[no] > p.since)
}

// hasFloor reports whether a general-admission section belongs to the part.
func (p seatPart) hasFloor(f *eventra.FloorView) bool {
	return (!p.bySection || f.Name == p.section) && (!p.bySince || f.Changed > p.since)
}

// narrowed returns the same part as every client gets it that asks for the same seats,
// whatever version they know, and the number of its seats.
func (p seatPart) narrowed(view *eventra.SeatsView) (part seatPart, seats int) {
	if p.whole() {
		return p, len(view.Status)
	}
	before := uint64(0)
	for no, changed := range view.Changed {
		if p.has(view, no) {
			seats++
		} else if p.bySince && changed <= p.since {
			before = max(before, changed)
		}
	}
	for i := range view.Floors {
		if changed := view.Floors[i].Changed; p.bySince && changed <= p.since {
			before = max(before, changed)
		}
	}
	p.since = before
	return p, seats
}

// removedSince reports whether seats were removed after a version.
func removedSince(view *eventra.SeatsView, version uint64) bool {
	if version >= view.LayoutVersion {
		return false
	}
	for no, status := range view.Status {
		if status == eventra.SeatRemoved && view.Changed[no] > version {
			return true
		}
	}
	return false
}

// SeatsView is the seat map of an event, or a part of it, at one version.
type SeatsView struct {
	EventID  eventra.ID     `json:"eventId" swaggertype:"string" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
	Version  uint64         `json:"version" example:"17" validate:"required"` // grows with each change
	Sections []SectionOfMap `json:"sections" validate:"required"`             // of the seats, and general-admission sections; with since, those that changed
	Seats    []SeatOfEvent  `json:"seats" validate:"required"`
} // @name SeatMap

// SeatOfEvent is a seat with its category and status. Its price is that of the default
// ticket type, or the lowest if that is not sold here; all prices are in the event's pricing.
type SeatOfEvent struct {
	Seat     string        `json:"seat" example:"A-3-12" validate:"required"`
	Section  string        `json:"section" example:"A" validate:"required"`
	Row      string        `json:"row" example:"3" validate:"required"`
	Number   int           `json:"number" example:"12" validate:"required"`
	Category string        `json:"category" example:"Stalls" validate:"required"`
	Price    eventra.Money `json:"price" validate:"required"`
	Status   string        `json:"status" enums:"AVAILABLE,HELD,BOOKED,BLOCKED" example:"AVAILABLE" validate:"required"`
}
