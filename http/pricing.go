package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// Pricing is what the tickets of an event cost.
type Pricing struct {
	Currency    *string         `json:"currency" example:"EUR" extensions:"x-nullable" validate:"required"` // ISO 4217; null if the event has neither seats nor prices
	Categories  []Category      `json:"categories" validate:"required"`                                     // in the organiser's order
	TicketTypes []TicketType    `json:"ticketTypes" validate:"required"`                                    // in the organiser's order
	Prices      []CategoryPrice `json:"prices" validate:"required"`                                         // a pair without a price is not sold
}

// Category is a group of seats that cost the same.
type Category struct {
	Name string `json:"name" minLength:"1" maxLength:"40" example:"Stalls" validate:"required"`
}

// TicketType is a kind of visitor or of ticket. A booking has no ticket of the type, or from
// minPerBooking to maxPerBooking.
type TicketType struct {
	Name          string `json:"name" minLength:"1" maxLength:"40" example:"Adult" validate:"required"`
	Default       bool   `json:"default" example:"true" validate:"required"` // of tickets that are asked for without a type
	MinPerBooking int    `json:"minPerBooking" minimum:"1" maximum:"50" example:"1" validate:"required"`
	MaxPerBooking int    `json:"maxPerBooking" minimum:"1" maximum:"50" example:"50" validate:"required"`
}

// CategoryPrice is the price of a ticket type in a category.
type CategoryPrice struct {
	Category   string `json:"category" example:"Stalls" validate:"required"`
	TicketType string `json:"ticketType" example:"Adult" validate:"required"`
	Amount     int64  `json:"amount" minimum:"0" maximum:"10000000000" example:"4500" validate:"required"` // in minor units of the currency, such as cents
}

func newPricing(p *eventra.Pricing) *Pricing {
	out := &Pricing{Categories: make([]Category, len(p.Categories)), TicketTypes: make([]TicketType, len(p.TicketTypes)),
		Prices: make([]CategoryPrice, len(p.Prices))}
	if p.Currency != "" {
		out.Currency = &p.Currency
	}
	for i, c := range p.Categories {
		out.Categories[i] = Category{Name: c.Name}
	}
	for i, t := range p.TicketTypes {
		out.TicketTypes[i] = TicketType{Name: t.Name, Default: t.Default, MinPerBooking: t.MinPerBooking, MaxPerBooking: t.MaxPerBooking}
	}
	for i, price := range p.Prices {
		out.Prices[i] = CategoryPrice(price)
	}
	return out
}

const pricingTagPrefix = `"p`

func pricingTag(p *eventra.Pricing) string { return versionTag(pricingTagPrefix, p.Version) }

// @ID getPricing
// @Summary Show the prices
// @Description What a ticket of each type costs in each category of seats; the seat map says the category of each seat. An event whose seats were added with prices of their own has a category for each section, one for each price in it, and the ticket type Standard.
// @Tags seats
// @Security
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param If-None-Match header string false "ETag of the representation that the client has"
// @Success 200 {object} Pricing "The prices"
// @Header 200 {string} ETag "Strong entity tag, for If-None-Match and If-Match"
// @Header 200 {string} Eventra-Stale "true if this instance cannot reach the one that sells the event, and shows the last state that it knew"
// @Success 304 "Not changed"
// @Failure 404 {object} Problem "event_not_found, also for an event that never was published unless the caller is an admin, or an API key with events:write for the event"
// @Router /api/v1/events/{eventId}/pricing [get]
func (s *Server) getPricing(c *fiber.Ctx) error {
	event, err := s.visibleEvent(c)
	if err != nil {
		return err
	}
	read := s.seatViews.read(c.UserContext(), event.ID)
	if read.err != nil {
		return read.err
	}
	markStale(c, read.stale)
	pricing := read.view.Layout.Pricing
	if fresh(c, pricingTag(pricing)) {
		return nil
	}
	return reply(c, fiber.StatusOK, newPricing(pricing))
}

// @ID putPricing
// @Summary Set the prices
// @Description Replaces categories, ticket types and prices as a whole; the same again changes nothing. Exactly one ticket type is the default. A pair of category and ticket type without a price is not sold. Bookings keep the prices at which they were held, also under names that are no longer offered. The category of a seat cannot go, and once the event has seats the currency cannot change.
// @Tags seats
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Param If-Match header string false "ETag of the prices to replace"
// @Param body body PricingPlan true "Prices"
// @Success 200 {object} Pricing "The prices"
// @Header 200 {string} ETag "Strong entity tag"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN, or an API key that is for the event; scope_missing: the key needs events:write"
// @Failure 404 {object} Problem "event_not_found"
// @Failure 409 {object} Problem "category_in_use; event_locked: the event is cancelled"
// @Failure 412 {object} Problem "precondition_failed: If-Match is stale"
// @Failure 422 {object} Problem "validation_failed, also for another currency than that of the seats"
// @x-examples {"families": {"currency": "EUR", "categories": [{"name": "Stalls"}, {"name": "Balcony"}], "ticketTypes": [{"name": "Adult", "default": true}, {"name": "Child", "maxPerBooking": 6}], "prices": [{"category": "Stalls", "ticketType": "Adult", "amount": 4500}, {"category": "Stalls", "ticketType": "Child", "amount": 2250}, {"category": "Balcony", "ticketType": "Adult", "amount": 2500}]}}
// @Router /api/v1/events/{eventId}/pricing [put]
func (s *Server) putPricing(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	var plan PricingPlan
	if err := decodeBody(c, &plan, pricingPlanLists); err != nil {
		return err
	}
	pricing, err := plan.pricing()
	if err != nil {
		return err
	}
	version, err := ifMatchVersion(c, pricingTagPrefix)
	if err != nil {
		return err
	}
	if pricing, err = s.cfg.Catalog.PutPricing(c.UserContext(), id, version, pricing); err != nil {
		return err
	}
	c.Set(fiber.HeaderETag, pricingTag(pricing))
	return reply(c, fiber.StatusOK, newPricing(pricing))
}
