package http

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// SeatsAdded is the result of adding seats.
type SeatsAdded struct {
	Created    int `json:"created" example:"240" validate:"required"`
	SeatsTotal int `json:"seatsTotal" example:"240" validate:"required"`
}

// SectionTally counts the seats of one section. Its priceFrom is the price of the
// cheapest seat, whether it is available or not.
type SectionTally struct {
	Name      string        `json:"name" example:"A" validate:"required"`
	Kind      string        `json:"kind" enums:"SEATED,GENERAL" example:"SEATED" validate:"required"` // GENERAL has places without numbers
	Capacity  int           `json:"capacity" example:"240" validate:"required"`
	Total     int           `json:"total" example:"240" validate:"required"`
	Available int           `json:"available" example:"238" validate:"required"`
	Held      int           `json:"held" example:"2" validate:"required"`
	Booked    int           `json:"booked" example:"0" validate:"required"`
	Blocked   int           `json:"blocked" example:"0" validate:"required"` // kept off sale by an administrator
	PriceFrom eventra.Money `json:"priceFrom" validate:"required"`
}

// Availability counts an event's seats.
type Availability struct {
	EventID   eventra.ID     `json:"eventId" swaggertype:"string" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
	Version   uint64         `json:"version" example:"17" validate:"required"`
	Total     int            `json:"total" example:"240" validate:"required"`
	Available int            `json:"available" example:"238" validate:"required"`
	Held      int            `json:"held" example:"2" validate:"required"`
	Booked    int            `json:"booked" example:"0" validate:"required"`
	Blocked   int            `json:"blocked" example:"0" validate:"required"` // kept off sale by an administrator
	Sections  []SectionTally `json:"sections" validate:"required"`
}

func newAvailability(a *eventra.Availability) *Availability {
	out := &Availability{EventID: a.EventID, Version: a.Version,
		Total: a.Total.Total, Available: a.Total.Available, Held: a.Total.Held, Booked: a.Total.Booked, Blocked: a.Total.Blocked,
		Sections: make([]SectionTally, len(a.Sections))}
	for i, section := range a.Sections {
		out.Sections[i] = SectionTally{Name: section.Name, Kind: kindOf(section.General), Total: section.Total, Capacity: section.Total,
			Available: section.Available, Held: section.Held, Booked: section.Booked, Blocked: section.Blocked, PriceFrom: section.PriceFrom}
	}
	return out
}

// seatsTimeout is the deadline of adding, changing, removing and pricing seats, 100,000 at once.
const seatsTimeout = 30 * time.Second

// @ID addSeats
// @Summary Add seats
// @Description Adds all of the seats or none, section by section or seat by seat. The order of a row's seats is the order in which they stand, whatever their numbers are: bestAvailable takes seats that follow each other. Seats that are added to a row later stand at its end; the two sides of an aisle are rows with names of their own. Names of sections and rows are kept in Unicode's composed form (NFC), in which all seats' names are compared. A name that people cannot tell apart from another one of the event is refused: it differs in case, in leading zeros, or in letters and digits that look alike (A, a, Cyrillic А, full-width Ａ; 1, 01, I). Give each section or seat either one of the event's categories, or a price, which stands for a category of the section's name (A 2, A 3 … for further prices in section A). All prices have one currency. An event has at most 100,000 seats. A section with a capacity is a general-admission section: so many places without numbers, of one category, which count in created and seatsTotal, and not among the 100,000 seats.
// @Tags seats
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body SeatPlan true "Seats"
// @Success 201 {object} SeatsAdded "The numbers of seats"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "seat_exists, with seats, also for names that look like existing ones; event_locked; idempotency_in_progress"
// @Failure 422 {object} Problem "validation_failed; idempotency_key_reused"
// @x-examples {"sections": {"sections": [{"name": "A", "rowCount": 10, "seatsPerRow": 24, "price": {"amount": 4500, "currency": "EUR"}}, {"name": "FLOOR", "capacity": 500, "price": {"amount": 3500, "currency": "EUR"}}, {"name": "BALCONY", "rows": ["L", "M"], "seatsPerRow": 12, "price": {"amount": 2500, "currency": "EUR"}}]}, "seat by seat": {"seats": [{"section": "BOX", "row": "1", "number": 1, "price": {"amount": 4500, "currency": "EUR"}}]}}
// @Router /api/v1/events/{eventId}/seats [post]
func (s *Server) addSeats(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	var plan SeatPlan
	if err := decodeBody(c, &plan, seatPlanLists); err != nil {
		return err
	}
	seats, categories, err := plan.seats()
	if err != nil {
		return err
	}
	floors, places := plan.floors()
	total, err := s.cfg.Catalog.AddFloors(c.UserContext(), id, resourceID(c), seats, categories, floors)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusCreated, &SeatsAdded{Created: len(seats) + places, SeatsTotal: total})
}

// @ID availability
// @Summary Count the seats
// @Description By status, in all and in each section.
// @Tags seats
// @Security
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param If-None-Match header string false "ETag of the representation that the client has"
// @Success 200 {object} Availability "Seats counted"
// @Header 200 {string} ETag "Strong entity tag"
// @Header 200 {string} Eventra-Stale "true if this instance cannot reach the one that sells the event, or that one PostgreSQL after a change by an administrator, and shows the last state that it knew"
// @Success 304 "Not changed"
// @Failure 404 {object} Problem "event_not_found, also for an event that never was published unless the caller is an admin, or an API key with events:write for the event"
// @Router /api/v1/events/{eventId}/availability [get]
func (s *Server) availability(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	counts, stale, err := s.cfg.SeatMaps.Availability(c.UserContext(), event.ID)
	if err != nil {
		return err
	}
	markStale(c, stale)
	if fresh(c, seatsTag(counts.Version, counts.Total.Total, "")) {
		return nil
	}
	return reply(c, fiber.StatusOK, newAvailability(counts))
}

// seatMap answers with all of an event's seats, those of a section, or those changed
// since a version.
//
// @ID seatMap
// @Summary Show the seat map
// @Description Compressed with br or gzip on request. Ask for the changes since the version of the last answer rather than for the whole map again.
// @Tags seats
// @Security
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param section query string false "Only this section"
// @Param since query int false "Only seats that changed after this version; all seats, if some were removed since, or if the event has not come to this version" minimum(0)
// @Param If-None-Match header string false "ETag of the representation that the client has"
// @Success 200 {object} SeatsView "Seats"
// @Header 200 {string} ETag "Strong entity tag"
// @Header 200 {string} Eventra-Stale "true if this instance cannot reach the one that sells the event, or that one PostgreSQL after a change by an administrator, and shows the last state that it knew"
// @Success 304 "Not changed"
// @Failure 404 {object} Problem "event_not_found, also for an event that never was published unless the caller is an admin, or an API key with events:write for the event"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/events/{eventId}/seats [get]
func (s *Server) seatMap(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	q := query{c: c}
	part := seatPart{section: q.text("section"), bySection: q.has("section")}
	if since := q.version("since"); since != nil {
		part.since, part.bySince = *since, true
	}
	if err := q.faults.Err(); err != nil {
		return err
	}
	read := s.seatViews.read(c.UserContext(), event.ID)
	if read.err != nil {
		return read.err
	}
	view := read.view
	markStale(c, read.stale)
	// A client that is ahead of a restored store, or knows seats that were removed, gets the whole map.
	part.bySince = part.bySince && part.since <= view.Version && !removedSince(view, part.since)
	if part.bySection {
		section, found := view.SectionNamed(eventra.CanonicalName(part.section))
		if !found {
			q.faults.Add("section", "unknown", "must be a section of the event")
			return q.faults.Err()
		}
		part.section = section
	}
	coding := acceptedCoding(c)
	c.Vary(fiber.HeaderAcceptEncoding)
	if fresh(c, seatsTag(view.Version, len(view.Layout.Seats), coding)) {
		return nil
	}
	encoded, err := s.encodedMaps.encode(c.UserContext(), view, read.asked, part, coding)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderETag, seatsTag(encoded.view.Version, len(encoded.view.Layout.Seats), coding))
	if coding != "" {
		c.Set(fiber.HeaderContentEncoding, coding)
	}
	return replyJSON(c, fiber.StatusOK, encoded.body)
}

// headerStale is "true" on an answer from an instance that cannot reach the one that sells
// the event. The answer shows the last known state.
const headerStale = "Eventra-Stale"

func markStale(c *fiber.Ctx, stale bool) {
	if stale {
		c.Set(headerStale, "true")
	}
}

// seatsTag returns the tag of a version in a content coding. It includes the number of
// seats, because adding seats leaves the version as it is.
func seatsTag(version uint64, seats int, coding string) string {
	tag := `"` + strconv.FormatUint(version, 10) + "-" + strconv.Itoa(seats)
	if coding != "" {
		tag += "-" + coding
	}
	return tag + `"`
}
