package http

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// SeatsAdded tells what came of adding seats.
type SeatsAdded struct {
	Created    int `json:"created"`
	SeatsTotal int `json:"seatsTotal"`
}

// SectionTally counts the seats of one section.
type SectionTally struct {
	Name      string        `json:"name"`
	Total     int           `json:"total"`
	Available int           `json:"available"`
	Held      int           `json:"held"`
	Booked    int           `json:"booked"`
	PriceFrom eventra.Money `json:"priceFrom"` // the cheapest seat, sold or not
}

// Availability counts an event's seats.
type Availability struct {
	EventID   eventra.ID     `json:"eventId"`
	Version   uint64         `json:"version"`
	Total     int            `json:"total"`
	Available int            `json:"available"`
	Held      int            `json:"held"`
	Booked    int            `json:"booked"`
	Sections  []SectionTally `json:"sections"`
}

func newAvailability(a *eventra.Availability) *Availability {
	out := &Availability{EventID: a.EventID, Version: a.Version,
		Total: a.Total.Total, Available: a.Total.Available, Held: a.Total.Held, Booked: a.Total.Booked,
		Sections: make([]SectionTally, len(a.Sections))}
	for i, section := range a.Sections {
		out.Sections[i] = SectionTally(section)
	}
	return out
}

// seatsTimeout is for adding a house of 100,000 seats.
const seatsTimeout = 30 * time.Second

func (s *Server) addSeats(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	var plan SeatPlan
	if err := decodeBody(c, &plan); err != nil {
		return err
	}
	seats, err := plan.seats()
	if err != nil {
		return err
	}
	total, err := s.cfg.Catalog.AddSeats(c.UserContext(), id, seats)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusCreated, &SeatsAdded{Created: len(seats), SeatsTotal: total})
}

func (s *Server) availability(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	counts, err := s.cfg.SeatMaps.Availability(c.UserContext(), event.ID)
	if err != nil {
		return err
	}
	if fresh(c, seatsTag(counts.Version, counts.Total.Total, "")) {
		return nil
	}
	return reply(c, fiber.StatusOK, newAvailability(counts))
}

// seatMap answers with an event's seats, all of them or those of a section or
// those changed since a version.
func (s *Server) seatMap(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	q := query{c: c}
	part := seatPart{section: q.text("section"), bySection: q.has("section")}
	if q.has("since") {
		part.since, err = strconv.ParseUint(q.text("since"), 10, 64)
		part.bySince = true
		if err != nil {
			q.faults.Add("since", "type", "must be the version of an earlier answer")
		}
	}
	if err := q.faults.Err(); err != nil {
		return err
	}
	view, err := s.cfg.SeatMaps.Seats(c.UserContext(), event.ID)
	if err != nil {
		return err
	}
	if part.bySection && !slices.Contains(view.Layout.Sections, part.section) {
		q.faults.Add("section", "unknown", "must be a section of the event")
		return q.faults.Err()
	}
	coding := acceptedCoding(c)
	c.Vary(fiber.HeaderAcceptEncoding)
	if fresh(c, seatsTag(view.Version, len(view.Layout.Seats), coding)) {
		return nil
	}
	if coding != "" {
		c.Set(fiber.HeaderContentEncoding, coding)
	}
	return replyJSON(c, fiber.StatusOK, s.bodies.body(view, part, coding))
}

// seatsTag is the tag of what a version looks like in a content coding; the
// number of seats is in it because seats may be added without one changing.
func seatsTag(version uint64, seats int, coding string) string {
	tag := `"` + strconv.FormatUint(version, 10) + "-" + strconv.Itoa(seats)
	if coding != "" {
		tag += "-" + coding
	}
	return tag + `"`
}
