package http

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// SeatsPatch changes seats of an event: either the named ones, or those of a section or of one of its rows.
type SeatsPatch struct {
	Seats   []string `json:"seats,omitzero" example:"A-1-1,A-1-2"` // none twice
	Section string   `json:"section,omitzero" maxLength:"32" example:"A"`
	Row     string   `json:"row,omitzero" maxLength:"32" example:"3"` // of the section; without it, all rows
	Set     SeatsSet `json:"set" validate:"required"`
}

// SeatsSet is what the seats become.
type SeatsSet struct {
	Status   string `json:"status,omitzero" enums:"BLOCKED,AVAILABLE" example:"BLOCKED"`
	Reason   string `json:"reason,omitzero" maxLength:"200" example:"press"`   // of BLOCKED, for admins
	Category string `json:"category,omitzero" maxLength:"40" example:"Stalls"` // one of the event's, in place of a status
}

// SeatsChanged is the result of changing seats.
type SeatsChanged struct {
	Changed int    `json:"changed" example:"2" validate:"required"`  // seats whose status or category is another one now
	Version uint64 `json:"version" example:"18" validate:"required"` // of the seat map
}

// Block is seats that are kept off sale, by one admin at one time.
type Block struct {
	ID     eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a02" validate:"required"`
	Seats  []string   `json:"seats" example:"A-1-1,A-1-2" validate:"required"` // that are still blocked by it
	Reason string     `json:"reason" example:"press" validate:"required"`
	By     Author     `json:"by" validate:"required"`
	At     Time       `json:"at" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"`
} // @name SeatBlock

// Author is the user who did something. The name is empty if the user is gone.
type Author struct {
	ID   eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a03" validate:"required"`
	Name string     `json:"name" example:"Grace Hopper" validate:"required"`
}

// BlockPage is one page of a list of blocks.
type BlockPage struct {
	Items      []Block `json:"items" validate:"required"`
	NextCursor *string `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
} // @name SeatBlockPage

// selection names the seats by their canonical names.
func (p *SeatsPatch) selection(f *eventra.Faults) eventra.SeatSelection {
	p.Section, p.Row = eventra.CanonicalName(p.Section), eventra.CanonicalName(p.Row)
	return eventra.SeatSelection{Seats: seatNames(p.Seats, f), Section: p.Section, Row: p.Row}
}

// seatNames returns the canonical forms of names that may be those of seats.
func seatNames(names []string, f *eventra.Faults) []string {
	for i, name := range names {
		names[i] = eventra.CanonicalName(name)
		if len(*f) < eventra.SeatFaultsMax {
			checkSeatName(f, "seats["+strconv.Itoa(i)+"]", names[i])
		}
	}
	return names
}

// command converts the request and checks what needs no knowledge of the event.
func (p *SeatsPatch) command(f *eventra.Faults) *eventra.SetBlocked {
	cmd := &eventra.SetBlocked{Selection: p.selection(f), Blocked: p.Set.Status == eventra.SeatBlocked.String(), Reason: p.Set.Reason}
	if !cmd.Blocked && p.Set.Status != eventra.SeatAvailable.String() {
		f.Add("set.status", "unknown", "must be BLOCKED or AVAILABLE")
	}
	cmd.Validate(f)
	return cmd
}

// @ID patchSeats
// @Summary Block seats, or give them a category
// @Description Keeps seats off sale (BLOCKED), or gives blocked ones back (AVAILABLE): all of the selected ones or none. A seat that somebody holds or has bought is never blocked; giving back leaves it alone. A seat that is blocked already gets the new reason. The reason and its author are shown by GET /api/v1/events/{eventId}/seats/blocked only. With a category in place of a status the seats cost from now on what that says; bookings keep what they were sold at.
// @Tags seats
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param body body SeatsPatch true "Seats, and what they become"
// @Success 200 {object} SeatsChanged "The number of seats that changed"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "seats_unavailable, with up to 100 of those taken in unavailable; event_locked: the event is cancelled"
// @Failure 422 {object} Problem "unknown_seats, with up to 100 in unknown; validation_failed"
// @x-examples {"two seats for the press": {"seats": ["A-1-1", "A-1-2"], "set": {"status": "BLOCKED", "reason": "press"}}, "a row back on sale": {"section": "A", "row": "1", "set": {"status": "AVAILABLE"}}, "a row of another category": {"section": "A", "row": "1", "set": {"category": "A"}}}
// @Router /api/v1/events/{eventId}/seats [patch]
func (s *Server) patchSeats(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	var patch SeatsPatch
	if err := decodeBody(c, &patch, seatPlanLists); err != nil {
		return err
	}
	if patch.Set.Category != "" {
		return s.setCategory(c, id, &patch)
	}
	var faults eventra.Faults
	cmd := patch.command(&faults)
	if err := faults.Err(); err != nil {
		return err
	}
	about(c, "eventId", id)
	cmd.BlockingID, cmd.Author = newID(), callerOf(c).UserID
	done, err := s.cfg.BoxOffice.SetBlocked(c.UserContext(), id, cmd)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, &SeatsChanged{Changed: done.Changed, Version: done.Version})
}

// setCategory gives the seats a category.
func (s *Server) setCategory(c *fiber.Ctx, id eventra.ID, patch *SeatsPatch) error {
	var faults eventra.Faults
	selection := patch.selection(&faults)
	selection.Validate(&faults)
	category := eventra.CanonicalName(patch.Set.Category)
	checkCategory(&faults, "set.category", category)
	if patch.Set.Status != "" || patch.Set.Reason != "" {
		faults.Add("set", "one_of", "give either status or category")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	about(c, "eventId", id)
	done, err := s.cfg.Catalog.SetCategory(c.UserContext(), id, selection, category)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, SeatsChanged(done))
}

// @ID listBlocks
// @Summary List the blocked seats
// @Description By the block that keeps them off sale, the newest first.
// @Tags seats
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} BlockPage "A page of blocks"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/events/{eventId}/seats/blocked [get]
func (s *Server) listBlocks(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	q := query{c: c}
	scope := []string{"blocks", event.ID.String()}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	blocks, next, err := s.cfg.Blocks.Blocks(c.UserContext(), event.ID, page)
	if err != nil {
		return err
	}
	list := BlockPage{Items: make([]Block, len(blocks)), NextCursor: s.cursors.seal(next, scope...)}
	for i := range blocks {
		b := &blocks[i]
		list.Items[i] = Block{ID: b.ID, Seats: b.Seats, Reason: b.Reason, By: Author{b.Author, b.AuthorName}, At: Time(b.At)}
	}
	return reply(c, fiber.StatusOK, &list)
}
