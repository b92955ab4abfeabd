package http

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// SectionOfMap counts one section of a seat map.
type SectionOfMap struct {
	Name      string `json:"name" example:"A" validate:"required"`
	Kind      string `json:"kind" enums:"SEATED,GENERAL" example:"SEATED" validate:"required"` // GENERAL has places without numbers
	Capacity  int    `json:"capacity" example:"240" validate:"required"`
	Available int    `json:"available" example:"238" validate:"required"`
	Held      int    `json:"held" example:"2" validate:"required"`
	Booked    int    `json:"booked" example:"0" validate:"required"`
	Blocked   int    `json:"blocked" example:"0" validate:"required"`
	Category  string `json:"category,omitzero" example:"Floor"` // of a GENERAL section
}

const (
	kindSeated  = "SEATED"
	kindGeneral = "GENERAL"
)

func kindOf(general bool) string {
	if general {
		return kindGeneral
	}
	return kindSeated
}

func generalSection(f *eventra.FloorView) SectionOfMap {
	return SectionOfMap{Name: f.Name, Kind: kindGeneral, Capacity: f.Capacity, Available: f.Available(), Held: f.Held, Booked: f.Booked,
		Blocked: f.Blocked, Category: f.Category}
}

// sectionsOf counts the sections of a part, those with seats first. A part of the seats that
// changed has the sections that changed.
func sectionsOf(view *eventra.SeatsView, part seatPart) []SectionOfMap {
	counts := make([]SectionOfMap, len(view.Layout.Sections))
	has := make([]bool, len(counts))
	for no, status := range view.Status {
		at := view.Layout.Section(eventra.SeatNo(no))
		if at < 0 { // removed
			continue
		}
		counts[at].count(status)
		has[at] = has[at] || part.has(view, no)
	}
	sections := counts[:0]
	for at, name := range view.Layout.Sections {
		if has[at] {
			counts[at].Name, counts[at].Kind = name, kindSeated
			sections = append(sections, counts[at])
		}
	}
	for i := range view.Floors {
		if part.hasFloor(&view.Floors[i]) {
			sections = append(sections, generalSection(&view.Floors[i]))
		}
	}
	return sections
}

func (s *SectionOfMap) count(status eventra.SeatStatus) {
	s.Capacity++
	switch status {
	case eventra.SeatAvailable:
		s.Available++
	case eventra.SeatHeld:
		s.Held++
	case eventra.SeatBooked:
		s.Booked++
	case eventra.SeatBlocked:
		s.Blocked++
	}
}

// appendJSON appends the section as JSON, named by that member.
func (s *SectionOfMap) appendJSON(b []byte, member string) []byte {
	b = appendString(append(append(append(b, `{"`...), member...), `":`...), s.Name)
	b = appendString(append(b, `,"kind":`...), s.Kind)
	b = strconv.AppendInt(append(b, `,"capacity":`...), int64(s.Capacity), 10)
	b = strconv.AppendInt(append(b, `,"available":`...), int64(s.Available), 10)
	b = strconv.AppendInt(append(b, `,"held":`...), int64(s.Held), 10)
	b = strconv.AppendInt(append(b, `,"booked":`...), int64(s.Booked), 10)
	b = strconv.AppendInt(append(b, `,"blocked":`...), int64(s.Blocked), 10)
	if s.Category != "" {
		b = appendString(append(b, `,"category":`...), s.Category)
	}
	return append(b, '}')
}

// appendSections appends the sections of a part.
func appendSections(b []byte, view *eventra.SeatsView, part seatPart) []byte {
	b = append(b, '[')
	sections := sectionsOf(view, part)
	for i := range sections {
		if i > 0 {
			b = append(b, ',')
		}
		b = sections[i].appendJSON(b, "name")
	}
	return append(b, ']')
}

// SectionChange changes a general-admission section. What is left out stays.
type SectionChange struct {
	Capacity *int `json:"capacity,omitzero" minimum:"1" maximum:"1000000" example:"900"` // never below the places that are taken or blocked
	Blocked  *int `json:"blocked,omitzero" minimum:"0" maximum:"1000000" example:"20"`   // places that are kept off sale
}

// Section is a general-admission section.
type Section struct {
	Name      string `json:"name" example:"FLOOR" validate:"required"`
	Kind      string `json:"kind" enums:"GENERAL" example:"GENERAL" validate:"required"`
	Capacity  int    `json:"capacity" example:"900" validate:"required"`
	Blocked   int    `json:"blocked" example:"20" validate:"required"`
	Taken     int    `json:"taken" example:"350" validate:"required"` // held and booked places
	Available int    `json:"available" example:"530" validate:"required"`
}

// @ID changeSection
// @Summary Change a general-admission section
// @Description Changes the capacity, or how many places are blocked. Holds and bookings keep their places.
// @Tags seats
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param name path string true "The section's name"
// @Param body body SectionChange true "What changes"
// @Success 200 {object} Section "The section"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found; not_found: no such general-admission section"
// @Failure 409 {object} Problem "capacity_below_taken, with section and taken; event_locked"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/events/{eventId}/sections/{name} [patch]
func (s *Server) changeSection(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	var change SectionChange
	if err := decodeBody(c, &change); err != nil {
		return err
	}
	var faults eventra.Faults
	if change.Capacity == nil && change.Blocked == nil {
		faults.Add("capacity", "one_of", "give capacity, blocked or both")
	}
	validateRange(&faults, "capacity", change.Capacity, 1)
	validateRange(&faults, "blocked", change.Blocked, 0)
	if err := faults.Err(); err != nil {
		return err
	}
	name, err := url.PathUnescape(c.Params("name"))
	if err != nil {
		return eventra.Errorf(eventra.CodeNotFound, "no such section")
	}
	f, err := s.cfg.Catalog.ChangeFloor(c.UserContext(), id, eventra.CanonicalName(name), change.Capacity, change.Blocked)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, &Section{Name: f.Name, Kind: kindGeneral, Capacity: f.Capacity, Blocked: f.Blocked, Taken: f.Taken,
		Available: f.Capacity - f.Blocked - f.Taken})
}

func validateRange(f *eventra.Faults, field string, n *int, least int) {
	if n != nil && (*n < least || *n > eventra.FloorCapacityMax) {
		f.Add(field, "range", "must be from %d to %d", least, eventra.FloorCapacityMax)
	}
}
