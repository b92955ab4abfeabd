package http

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// Event is a performance with its venue, times and terms of sale.
type Event struct {
	ID                  eventra.ID     `json:"id" swaggertype:"string" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
	Title               string         `json:"title" example:"Symphony No. 9" validate:"required"`
	Description         string         `json:"description" example:"An evening with the orchestra." validate:"required"`
	Category            string         `json:"category" example:"concert" validate:"required"`
	Tags                []string       `json:"tags" example:"classical,live" validate:"required"`
	Venue               Venue          `json:"venue" validate:"required"`
	StartsAt            Time           `json:"startsAt" swaggertype:"string" format:"date-time" example:"2030-05-01T19:30:00.000Z" validate:"required"`
	EndsAt              Time           `json:"endsAt" swaggertype:"string" format:"date-time" example:"2030-05-01T22:00:00.000Z" validate:"required"`
	SaleStartsAt        *Time          `json:"saleStartsAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-01-01T09:00:00.000Z"`
	SaleEndsAt          *Time          `json:"saleEndsAt,omitzero" swaggertype:"string" format:"date-time" example:"2030-05-01T19:00:00.000Z"`
	HoldSeconds         int            `json:"holdSeconds" example:"600" validate:"required"`
	MaxSeatsPerBooking  int            `json:"maxSeatsPerBooking" example:"10" validate:"required"`
	MaxSeatsPerCustomer int            `json:"maxSeatsPerCustomer" example:"20" validate:"required"` // in live bookings, held and bought
	OrphanRule          string         `json:"orphanRule" enums:"off,warn,strict" example:"off" validate:"required"`
	Status              string         `json:"status" enums:"DRAFT,PUBLISHED,CANCELLED" example:"PUBLISHED" validate:"required"`
	Attributes          jsontext.Value `json:"attributes" swaggertype:"object" validate:"required"` // for the organiser's own use
	SeatsTotal          int            `json:"seatsTotal" example:"240" validate:"required"`
	CreatedAt           Time           `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-01-01T08:00:00.000Z" validate:"required"`
	UpdatedAt           Time           `json:"updatedAt" swaggertype:"string" format:"date-time" example:"2027-01-01T08:00:00.000Z" validate:"required"`
	Version             int64          `json:"version" example:"3" validate:"required"` // of the details; grows with each write
}

// EventPage is one page of a list of events.
type EventPage struct {
	Items      []Event `json:"items" validate:"required"`
	NextCursor *string `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

func newEvent(e *eventra.Event) Event {
	return Event{
		ID: e.ID, Title: e.Title, Description: e.Description, Category: e.Category, Tags: e.Tags, Venue: Venue(e.Venue),
		StartsAt: Time(e.StartsAt), EndsAt: Time(e.EndsAt),
		SaleStartsAt: (*Time)(e.SaleStartsAt), SaleEndsAt: (*Time)(e.SaleEndsAt),
		HoldSeconds: e.HoldSeconds, MaxSeatsPerBooking: e.MaxSeatsPerBooking,
		MaxSeatsPerCustomer: e.CustomerLimit(), OrphanRule: string(e.OrphanRule.OrDefault()), Status: string(e.Status),
		Attributes: jsontext.Value(e.Attributes), SeatsTotal: e.SeatsTotal,
		CreatedAt: Time(e.CreatedAt), UpdatedAt: Time(e.UpdatedAt), Version: e.Version,
	}
}

func replyEvent(c *fiber.Ctx, status int, e *eventra.Event) error {
	c.Set(fiber.HeaderETag, eventTag(e))
	return reply(c, status, newEvent(e))
}

// seesPrivate reports whether the caller finds an event that never was published: admins do, and
// API keys that may change it.
func seesPrivate(c *fiber.Ctx, event eventra.ID) bool {
	caller := callerOf(c)
	return caller != nil && caller.Can(eventra.ScopeEventsWrite) && caller.Covers(event)
}

// seesDrafts reports whether the caller lists all events. An API key that is limited to some
// finds their drafts by their ids alone.
func seesDrafts(c *fiber.Ctx) bool {
	caller := callerOf(c)
	return caller != nil && caller.Can(eventra.ScopeEventsWrite) && !caller.Limited()
}

// visibleEvent reads the event in the path, unless it is hidden from the caller.
func (s *Server) visibleEvent(c *fiber.Ctx) (*eventra.Event, error) {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return nil, err
	}
	event, err := s.cfg.Catalog.Event(c.UserContext(), id)
	if err == nil && event.Private() && !seesPrivate(c, id) {
		return nil, eventra.NoSuchEvent()
	}
	return event, err
}

// @ID listEvents
// @Summary List events
// @Description Ordered by startsAt, then id. Without from and to, events that are over come after all others. Admins also see drafts and cancelled events, other callers published ones only. Filters by text ignore case, accents and white space around it: creme finds Crème, strasse finds Straße.
// @Tags events
// @Security
// @Security BearerAuth
// @Security KeyAuth
// @Param q query string false "Words in title or description" maxLength(200)
// @Param category query string false "Category" maxLength(200)
// @Param city query string false "City of the venue" maxLength(200)
// @Param from query string false "Starting at this time or later" format(date-time)
// @Param to query string false "Starting before this time" format(date-time)
// @Param status query string false "Status; callers other than admins, and API keys with events:write that are for all events, find events by PUBLISHED only" Enums(DRAFT, PUBLISHED, CANCELLED)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Param If-None-Match header string false "ETag of the representation that the client has"
// @Success 200 {object} EventPage "A page of events"
// @Header 200 {string} ETag "Strong entity tag"
// @Success 304 "Not changed"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/events [get]
func (s *Server) listEvents(c *fiber.Ctx) error {
	q := query{c: c}
	filter := eventra.EventFilter{
		Text: q.text("q"), Category: q.text("category"), City: q.text("city"),
		From: q.time("from"), To: q.time("to"),
		Status: eventra.EventStatus(q.text("status")), WithDrafts: seesDrafts(c),
	}
	if filter.Status != "" && !filter.Status.Valid() {
		q.faults.Add("status", "unknown", "must be DRAFT, PUBLISHED or CANCELLED")
	}
	scope := []string{"events", filter.Text, filter.Category, filter.City,
		filter.From.String(), filter.To.String(), string(filter.Status)}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	events, next, err := s.cfg.Catalog.Events(c.UserContext(), filter, page)
	if err != nil {
		return err
	}
	list := EventPage{Items: make([]Event, len(events)), NextCursor: s.cursors.seal(next, scope...)}
	for i, event := range events {
		list.Items[i] = newEvent(event)
	}
	body, err := json.Marshal(&list)
	if err != nil {
		return err
	}
	if fresh(c, bodyTag(body)) {
		return nil
	}
	return replyJSON(c, fiber.StatusOK, body)
}

// @ID getEvent
// @Summary Show an event
// @Description With all details that its organiser entered.
// @Tags events
// @Security
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param If-None-Match header string false "ETag of the representation that the client has"
// @Success 200 {object} Event "The event"
// @Header 200 {string} ETag "Strong entity tag, for If-None-Match and If-Match"
// @Success 304 "Not changed"
// @Failure 404 {object} Problem "event_not_found, also for an event that never was published unless the caller is an admin, or an API key with events:write for the event"
// @Router /api/v1/events/{eventId} [get]
func (s *Server) getEvent(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	if fresh(c, eventTag(event)) {
		return nil
	}
	return replyEvent(c, fiber.StatusOK, event)
}

// @ID createEvent
// @Summary Create a draft
// @Description A draft is for admins and API keys with events:write, until it is published.
// @Tags events
// @Security BearerAuth
// @Security KeyAuth
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body EventFields true "Event"
// @Success 201 {object} Event "The draft"
// @Header 201 {string} Location "Address of the event"
// @Header 201 {string} ETag "Strong entity tag; not on a replayed response"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 409 {object} Problem "idempotency_in_progress"
// @Failure 422 {object} Problem "validation_failed; idempotency_key_reused"
// @Router /api/v1/events [post]
func (s *Server) createEvent(c *fiber.Ctx) error {
	if callerOf(c).Limited() {
		return otherEvent()
	}
	var fields EventFields
	if err := decodeBody(c, &fields); err != nil {
		return err
	}
	event := &eventra.Event{ID: resourceID(c)}
	if err := fields.apply(event); err != nil {
		return err
	}
	if err := s.cfg.Catalog.Create(c.UserContext(), event); err != nil {
		return err
	}
	c.Location(eventsLocation + event.ID.String())
	return replyEvent(c, fiber.StatusCreated, event)
}

// @ID updateEvent
// @Summary Change an event
// @Description A JSON Merge Patch (RFC 7396) of the fields that an organiser enters; null resets a field to its default. Once the event is published, startsAt, endsAt and venue change by rescheduling it alone.
// @Tags events
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param If-Match header string false "ETag of the representation to change"
// @Param body body EventFields true "Fields to change"
// @Success 200 {object} Event "The event after the change"
// @Header 200 {string} ETag "Strong entity tag"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "event_locked: the event is cancelled, or published and the field is fixed"
// @Failure 412 {object} Problem "precondition_failed: If-Match is stale"
// @x-examples {"new title": {"title": "Symphony No. 9, with choir"}, "longer holds": {"holdSeconds": 900, "maxSeatsPerBooking": 8}}
// @Router /api/v1/events/{eventId} [patch]
func (s *Server) updateEvent(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	patch := c.Request().Body()
	if err := decode(patch, new(EventFields)); err != nil { // checks names and types
		return err
	}
	version, err := ifMatchVersion(c, eventTagPrefix)
	if err != nil {
		return err
	}
	event, err := s.cfg.Catalog.Update(c.UserContext(), id, version, func(e *eventra.Event) error {
		return patchEvent(e, patch)
	})
	if err != nil {
		return err
	}
	return replyEvent(c, fiber.StatusOK, event)
}

// patchEvent merges a patch into an event. The patch's names and types are checked already.
func patchEvent(e *eventra.Event, patch jsontext.Value) error {
	current, err := json.Marshal(fieldsOf(e))
	if err != nil {
		return err
	}
	merged, err := mergePatch(current, patch)
	if err != nil {
		return err
	}
	var fields EventFields
	if err := decode(merged, &fields); err != nil {
		return err
	}
	return fields.apply(e)
}

// @ID publishEvent
// @Summary Publish an event
// @Description Puts a draft on sale. The event needs at least one seat.
// @Tags events
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Success 200 {object} Event "The event after the change"
// @Header 200 {string} ETag "Strong entity tag; not on a replayed response"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "invalid_transition; idempotency_in_progress"
// @Failure 422 {object} Problem "idempotency_key_reused; validation_failed for the key itself"
// @Router /api/v1/events/{eventId}/publish [post]
func (s *Server) publishEvent(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	publish := s.cfg.Catalog.Publish
	if triedBefore(c) {
		publish = s.cfg.Catalog.PublishAgain
	}
	event, err := publish(c.UserContext(), id)
	if err != nil {
		return err
	}
	return replyEvent(c, fiber.StatusOK, event)
}

// @ID deleteEvent
// @Summary Delete an event
// @Description Only an event that was never booked can be deleted.
// @Tags events
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Success 204 "Deleted"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "event_has_bookings"
// @Router /api/v1/events/{eventId} [delete]
func (s *Server) deleteEvent(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	if err := s.cfg.Catalog.Delete(c.UserContext(), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
