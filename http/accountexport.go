package http

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// accountExportMax is how many bookings an export has; the list has the others.
const accountExportMax = 1000

// AccountExport is all that is kept about an account.
type AccountExport struct {
	ExportedAt Time              `json:"exportedAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"`
	User       User              `json:"user" validate:"required"`
	Sessions   []OpenSession     `json:"sessions" validate:"required"`                           // newest first
	Bookings   []ExportedBooking `json:"bookings" validate:"required"`                           // newest first, 1,000 at most
	NextCursor *string           `json:"nextCursor" extensions:"x-nullable" validate:"required"` // of GET /api/v1/bookings, for older ones; null if these are all
	Mails      []ExportedMail    `json:"mails" validate:"required"`                              // about the account, newest first
}

// ExportedBooking is a booking with its payments and mails.
type ExportedBooking struct {
	Booking
	Payments []Payment      `json:"payments" validate:"required"` // oldest first
	Mails    []ExportedMail `json:"mails" validate:"required"`    // oldest first
}

// ExportedMail is a mail that was written to the account's person.
type ExportedMail struct {
	Kind      string `json:"kind" example:"tickets" validate:"required"`
	Address   string `json:"address,omitzero" example:"user@eventra.test"` // of a mail about the account
	Status    string `json:"status" enums:"DUE,SENT,WITHHELD" example:"SENT" validate:"required"`
	CreatedAt Time   `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:05:01.000Z" validate:"required"`
	SentAt    *Time  `json:"sentAt,omitzero" swaggertype:"string" format:"date-time" example:"2027-05-01T12:05:02.000Z"`
}

func newExportedMail(kind eventra.MailKind, address string, created, ended time.Time, withheld bool) ExportedMail {
	m := ExportedMail{Kind: string(kind), Address: address, CreatedAt: Time(created)}
	m.Status, m.SentAt = mailState(ended, withheld)
	return m
}

// @ID exportMe
// @Summary Export my account
// @Description All that is kept about the account, in one state of the store: the profile, sessions, bookings with their payments and mails, and mails about the account.
// @Tags auth
// @Security BearerAuth
// @Success 200 {object} AccountExport "The account"
// @Router /api/v1/auth/me/export [get]
func (s *Server) exportMe(c *fiber.Ctx) error {
	caller := callerOf(c)
	admission.ReleaseSlot(c.Context().Conn())
	export, err := s.cfg.Users.ExportAccount(c.UserContext(), caller.UserID, accountExportMax)
	if err != nil {
		return accountGone(err)
	}
	s.logSecurity(c, actionExport, nil, userAttr(caller.UserID), sessionAttr(caller.SessionID))
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="eventra-account.json"`)
	return reply(c, fiber.StatusOK, s.newAccountExport(export, caller.SessionID))
}

func (s *Server) newAccountExport(export *eventra.AccountExport, current eventra.ID) *AccountExport {
	out := &AccountExport{ExportedAt: Time(time.Now()), User: newUser(export.User),
		Sessions: newOpenSessions(export.Sessions, current), Bookings: make([]ExportedBooking, len(export.Bookings)),
		Mails: make([]ExportedMail, len(export.Mails)), NextCursor: s.cursors.seal(export.Next, bookingsScope(export.User.ID, eventra.BookingFilter{})...)}
	for i := range export.Bookings {
		out.Bookings[i] = newExportedBooking(&export.Bookings[i])
	}
	for i, m := range export.Mails {
		out.Mails[i] = newExportedMail(m.Kind, m.Address, m.CreatedAt, m.EndedAt, m.Withheld)
	}
	return out
}

func newExportedBooking(r *eventra.BookingRecord) ExportedBooking {
	out := ExportedBooking{Booking: newBooking(r.Booking), Payments: make([]Payment, len(r.Payments)), Mails: make([]ExportedMail, len(r.Mails))}
	for i := range r.Payments {
		out.Payments[i] = newPayment(&r.Payments[i], nil)
	}
	for i := range r.Mails {
		m := &r.Mails[i]
		out.Mails[i] = newExportedMail(m.Kind, "", m.CreatedAt, m.EndedAt, m.Withheld)
	}
	return out
}
