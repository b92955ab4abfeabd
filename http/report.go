package http

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/singleflight"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// reportTimeout bounds a report, which reads all of an event's bookings.
const reportTimeout = 30 * time.Second

// reports are those being read. All who ask for an event's while it is being read get the same one.
type reports struct {
	office  BackOffice
	exports *exports
	events  singleflight.Group
}

// read takes one place for all who ask, who wait until their ctx ends.
func (r *reports) read(ctx context.Context, event eventra.ID) (*eventra.EventReport, error) {
	running := r.events.DoChan(event.String(), func() (any, error) {
		if err := r.exports.enter(); err != nil {
			return nil, err
		}
		defer r.exports.leave()
		ctx, cancel := context.WithTimeout(r.exports.closed, reportTimeout)
		defer cancel()
		return r.office.EventReport(ctx, event)
	})
	select {
	case done := <-running:
		report, _ := done.Val.(*eventra.EventReport)
		return report, done.Err
	case <-ctx.Done():
		return nil, eventra.Unavailable("the report", ctx.Err())
	}
}

// EventReport is what an event has sold.
type EventReport struct {
	EventID  eventra.ID      `json:"eventId" swaggertype:"string" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
	At       Time            `json:"at" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"` // all figures are of this time
	Currency string          `json:"currency" example:"EUR" validate:"required"`                                                        // of all amounts, which are in minor units; empty for an event without seats
	Tickets  ReportedTickets `json:"tickets" validate:"required"`
	Revenue  int64           `json:"revenue" example:"123400" validate:"required"` // the price of what is sold
	Sales    []TicketSales   `json:"sales" validate:"required"`                    // by category and ticket type
	Refunds  ReportedRefunds `json:"refunds" validate:"required"`
	Hours    []SalesInHour   `json:"hours" validate:"required"` // oldest first; up to 1,000 hours, the newest in which something was sold
}

// ReportedTickets counts the seats and places of an event.
type ReportedTickets struct {
	Total   int `json:"total" example:"1000" validate:"required"`
	Free    int `json:"free" example:"850" validate:"required"`
	Held    int `json:"held" example:"40" validate:"required"`
	Sold    int `json:"sold" example:"100" validate:"required"`
	Blocked int `json:"blocked" example:"10" validate:"required"`
}

// TicketSales are tickets of one category and ticket type.
type TicketSales struct {
	Category   string `json:"category" example:"Stalls" validate:"required"`
	TicketType string `json:"ticketType" example:"Standard" validate:"required"`
	Held       int    `json:"held" example:"40" validate:"required"`
	Sold       int    `json:"sold" example:"100" validate:"required"`
	Revenue    int64  `json:"revenue" example:"123400" validate:"required"` // the price of those that are sold, as each was held
}

// ReportedRefunds is money that goes back.
type ReportedRefunds struct {
	Bookings int   `json:"bookings" example:"3" validate:"required"`    // that are REFUNDED
	Returned int64 `json:"returned" example:"4500" validate:"required"` // that has gone back, in whole or in part
	Pending  int64 `json:"pending" example:"1500" validate:"required"`  // that is going back
}

// SalesInHour are the bookings that were confirmed in an hour, whatever became of them since.
type SalesInHour struct {
	Start    Time  `json:"start" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"`
	Bookings int   `json:"bookings" example:"120" validate:"required"`
	Revenue  int64 `json:"revenue" example:"240000" validate:"required"`
}

// @ID getEventReport
// @Summary Report an event's sales
// @Description Tickets sold, held, free and blocked, revenue by category and ticket type, refunds, and sales by hour, all of one moment. Prices are those at which the tickets were held. It reads all bookings of the event, which takes a second for a million; two reports or exports run at a time. Callers who ask while the report of an event is being read share it.
// @Tags back office
// @Security BearerAuth
// @Security KeyAuth
// @Param eventId path string true "Event" format(uuid)
// @Success 200 {object} EventReport "The report"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN or an API key; scope_missing: the key needs reports:read"
// @Failure 404 {object} Problem "event_not_found"
// @Router /api/v1/admin/events/{eventId}/report [get]
func (s *Server) getEventReport(c *fiber.Ctx) error {
	id, err := pathID(c, "eventId", eventra.CodeEventNotFound)
	if err != nil {
		return err
	}
	admission.ReleaseSlot(c.Context().Conn())
	r, err := s.reports.read(c.UserContext(), id)
	if err != nil {
		return err
	}
	shown := EventReport{EventID: id, At: Time(r.At), Currency: r.Currency, Revenue: r.Revenue(),
		Tickets: ReportedTickets{Total: r.Total, Free: r.Free(), Held: r.Held, Sold: r.Sold, Blocked: r.Blocked},
		Sales:   make([]TicketSales, len(r.Sales)), Hours: make([]SalesInHour, len(r.Hours)),
		Refunds: ReportedRefunds{Bookings: r.Refunded, Returned: r.Returned, Pending: r.Owed}}
	for i, sales := range r.Sales {
		shown.Sales[i] = TicketSales(sales)
	}
	for i, hour := range r.Hours {
		shown.Hours[i] = SalesInHour{Start: Time(hour.Start), Bookings: hour.Bookings, Revenue: hour.Revenue}
	}
	return reply(c, fiber.StatusOK, &shown)
}
