package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// DeadMail is a mail whose attempts are used up.
type DeadMail struct {
	ID        string      `json:"id" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a02" validate:"required"`
	Kind      string      `json:"kind" example:"tickets" validate:"required"`
	Status    string      `json:"status" enums:"dead" example:"dead" validate:"required"`
	BookingID *eventra.ID `json:"bookingId,omitzero" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a02"` // of a mail about a booking
	Error     string      `json:"error" example:"550 no such mailbox" validate:"required"`                                              // of the last attempt
	Tries     int         `json:"tries" example:"26" validate:"required"`
	FailedAt  Time        `json:"failedAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"` // the last attempt
}

// DeadMailPage is one page of a list of dead mails.
type DeadMailPage struct {
	Items      []DeadMail `json:"items" validate:"required"`
	NextCursor *string    `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

// statusDead is the only status by which mails are listed.
const statusDead = "dead"

// @ID listMails
// @Summary List the dead mails
// @Description Those that were tried too often, or that the mail server refused for good, the oldest failure first.
// @Tags back office
// @Security BearerAuth
// @Param status query string false "Status" Enums(dead) default(dead)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} DeadMailPage "A page of mails"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/admin/mails [get]
func (s *Server) listMails(c *fiber.Ctx) error {
	q := query{c: c}
	if q.has("status") && q.text("status") != statusDead {
		q.faults.Add("status", "unknown", "must be dead")
	}
	page := q.page(s.cursors, "mails")
	if err := q.faults.Err(); err != nil {
		return err
	}
	admission.ReleaseSlot(c.Context().Conn())
	mails, next, err := s.cfg.DeadMails.DeadMails(c.UserContext(), page)
	if err != nil {
		return err
	}
	list := DeadMailPage{Items: make([]DeadMail, len(mails)), NextCursor: s.cursors.seal(next, "mails")}
	for i := range mails {
		m := &mails[i]
		list.Items[i] = DeadMail{ID: m.Mail.String(), Kind: string(m.Mail.Kind), Status: statusDead, BookingID: idOrNone(m.Mail.BookingID),
			Error: m.Error, Tries: m.Tries, FailedAt: Time(m.FailedAt)}
	}
	return reply(c, fiber.StatusOK, &list)
}

// @ID retryMail
// @Summary Send a dead mail again
// @Description In the background, as a new mail is. A mail that would tell what is not true any more is not sent.
// @Tags back office
// @Security BearerAuth
// @Param mailId path string true "Mail"
// @Success 202 "It will be tried again"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 404 {object} Problem "not_found: no mail, or none that is dead"
// @Router /api/v1/admin/mails/{mailId}/retry [post]
func (s *Server) retryMail(c *fiber.Ctx) error {
	ref, err := eventra.ParseMailRef(c.Params("mailId"))
	if err != nil {
		return eventra.Errorf(eventra.CodeNotFound, "no such mail")
	}
	admission.ReleaseSlot(c.Context().Conn())
	mail, err := s.cfg.DeadMails.DeadMail(c.UserContext(), ref)
	if err != nil {
		return err
	}
	entry := eventra.ActorOf(c.UserContext()).AboutMail(eventra.AuditMailRetry, ref, mail.AuditFacts())
	if err := s.cfg.Audit.AppendAudit(c.UserContext(), entry); err != nil {
		return err
	}
	if err := s.cfg.DeadMails.RetryMail(c.UserContext(), ref); err != nil {
		return err
	}
	c.Status(fiber.StatusAccepted)
	return nil
}
