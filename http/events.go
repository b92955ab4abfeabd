package http

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// Event is a show, as everybody sees it.
type Event struct {
	ID                 eventra.ID     `json:"id"`
	Title              string         `json:"title"`
	Description        string         `json:"description"`
	Category           string         `json:"category"`
	Tags               []string       `json:"tags"`
	Venue              Venue          `json:"venue"`
	StartsAt           Time           `json:"startsAt"`
	EndsAt             Time           `json:"endsAt"`
	SaleStartsAt       *Time          `json:"saleStartsAt,omitzero"`
	SaleEndsAt         *Time          `json:"saleEndsAt,omitzero"`
	HoldSeconds        int            `json:"holdSeconds"`
	MaxSeatsPerBooking int            `json:"maxSeatsPerBooking"`
	Status             string         `json:"status"`
	Attributes         jsontext.Value `json:"attributes"`
	SeatsTotal         int            `json:"seatsTotal"`
	CreatedAt          Time           `json:"createdAt"`
	UpdatedAt          Time           `json:"updatedAt"`
	Version            int64          `json:"version"`
}

// EventPage is a part of the list of events.
type EventPage struct {
	Items      []Event `json:"items"`
	NextCursor *string `json:"nextCursor"`
}

func newEvent(e *eventra.Event) Event {
	return Event{
		ID: e.ID, Title: e.Title, Description: e.Description, Category: e.Category, Tags: e.Tags, Venue: Venue(e.Venue),
		StartsAt: Time(e.StartsAt), EndsAt: Time(e.EndsAt),
		SaleStartsAt: (*Time)(e.SaleStartsAt), SaleEndsAt: (*Time)(e.SaleEndsAt),
		HoldSeconds: e.HoldSeconds, MaxSeatsPerBooking: e.MaxSeatsPerBooking, Status: string(e.Status),
		Attributes: jsontext.Value(e.Attributes), SeatsTotal: e.SeatsTotal,
		CreatedAt: Time(e.CreatedAt), UpdatedAt: Time(e.UpdatedAt), Version: e.Version,
	}
}

func replyEvent(c *fiber.Ctx, status int, e *eventra.Event) error {
	c.Set(fiber.HeaderETag, eventTag(e))
	return reply(c, status, newEvent(e))
}

// visibleEvent reads the event in the path. Drafts exist for admins only.
func (s *Server) visibleEvent(c *fiber.Ctx) (*eventra.Event, error) {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return nil, err
	}
	event, err := s.cfg.Catalog.Event(c.UserContext(), id)
	if err == nil && event.Status == eventra.EventDraft && !isAdmin(c) {
		return nil, eventra.Errorf(eventra.CodeEventNotFound, "no such event")
	}
	return event, err
}

func (s *Server) listEvents(c *fiber.Ctx) error {
	q := query{c: c}
	filter := eventra.EventFilter{
		Text: q.text("q"), Category: q.text("category"), City: q.text("city"),
		From: q.time("from"), To: q.time("to"),
		Status: eventra.EventStatus(q.text("status")), WithDrafts: isAdmin(c),
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

func (s *Server) createEvent(c *fiber.Ctx) error {
	var fields EventFields
	if err := decodeBody(c, &fields); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	event := &eventra.Event{ID: resourceID(c), CreatedAt: now, UpdatedAt: now, Version: 1}
	event.Status = eventra.EventDraft
	if err := fields.apply(event); err != nil {
		return err
	}
	if err := s.cfg.Catalog.Create(c.UserContext(), event); err != nil {
		return err
	}
	c.Location("/api/v1/events/" + event.ID.String())
	return replyEvent(c, fiber.StatusCreated, event)
}

func (s *Server) updateEvent(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	patch, err := jsonBody(c, mimeMergePatch)
	if err != nil {
		return err
	}
	if err := decode(patch, new(EventFields)); err != nil { // names and types
		return err
	}
	version, err := ifMatchVersion(c)
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

// patchEvent merges a patch, whose names and types are right, into an event.
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

func (s *Server) publishEvent(c *fiber.Ctx) error { return s.transition(c, eventra.EventPublished) }
func (s *Server) cancelEvent(c *fiber.Ctx) error  { return s.transition(c, eventra.EventCancelled) }

func (s *Server) transition(c *fiber.Ctx, to eventra.EventStatus) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	event, err := s.cfg.Catalog.Transition(c.UserContext(), id, to)
	if err != nil {
		return err
	}
	return replyEvent(c, fiber.StatusOK, event)
}

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
