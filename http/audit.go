package http

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// AuditEntry is one action of an administrator, an API key or a command.
type AuditEntry struct {
	ID        eventra.ID     `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a06" validate:"required"`
	At        Time           `json:"at" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"`
	Actor     AuditActor     `json:"actor" validate:"required"`
	Action    string         `json:"action" example:"event.update" validate:"required"`
	Subject   AuditSubject   `json:"subject" validate:"required"`
	EventID   *eventra.ID    `json:"eventId,omitzero" swaggertype:"string" format:"uuid" example:"01900000-0000-7000-8000-0000000000e1"` // that the subject is, or belongs to
	Address   string         `json:"address,omitzero" example:"192.0.2.7"`                                                               // from which the request came
	RequestID string         `json:"requestId,omitzero" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a07"`
	Before    jsontext.Value `json:"before,omitzero" swaggertype:"object"` // what changed, as it was
	After     jsontext.Value `json:"after,omitzero" swaggertype:"object"`  // what changed, as it became
}

// AuditActor did something.
type AuditActor struct {
	Kind string      `json:"kind" enums:"user,key,command,system" example:"user" validate:"required"`                       // system: an instance by itself
	ID   *eventra.ID `json:"id,omitzero" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a03"` // of the user or the API key
}

// AuditSubject is what something was done to.
type AuditSubject struct {
	Kind string `json:"kind" example:"event" validate:"required"`
	ID   string `json:"id" example:"01900000-0000-7000-8000-0000000000e1" validate:"required"`
}

// AuditPage is one page of the audit log.
type AuditPage struct {
	Items      []AuditEntry `json:"items" validate:"required"`
	NextCursor *string      `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

func newAuditEntry(e *eventra.AuditEntry) AuditEntry {
	return AuditEntry{ID: e.ID, At: Time(e.At), Actor: AuditActor{string(e.Actor.Kind), idOrNone(e.Actor.ID)}, Action: string(e.Action),
		Subject: AuditSubject{e.SubjectKind, e.Subject}, EventID: idOrNone(e.EventID), Address: e.Actor.Address, RequestID: e.Actor.RequestID,
		Before: jsontext.Value(e.Before), After: jsontext.Value(e.After)}
}

// idOrNone returns nil for the zero id.
func idOrNone(id eventra.ID) *eventra.ID {
	if id.IsZero() {
		return nil
	}
	return &id
}

// @ID listAudit
// @Summary List what administrators did
// @Description The audit log, newest first: every action of administrators, API keys and commands on events, seats, prices, accounts, keys and mails, written in the transaction that carried it out. `before` and `after` have what changed; long texts are cut, long lists counted, and no secret is among them. Holds and payments are in the bookings. The filters narrow the list together.
// @Tags back office
// @Security BearerAuth
// @Param actor query string false "Id of a user or an API key; or command, or system"
// @Param action query string false "Action, such as event.update"
// @Param subject query string false "Id of an event, a user, an API key or a mail"
// @Param from query string false "Done at this time or later" format(date-time)
// @Param to query string false "Done before this time" format(date-time)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} AuditPage "A page of the audit log"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/admin/audit [get]
func (s *Server) listAudit(c *fiber.Ctx) error {
	q := query{c: c}
	filter := eventra.AuditFilter{Actor: q.actor(), Action: eventra.AuditAction(q.text("action")), Subject: q.text("subject"),
		From: q.time("from"), To: q.time("to")}
	scope := []string{"audit", filter.Actor, string(filter.Action), filter.Subject, filter.From.String(), filter.To.String()}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	admission.ReleaseSlot(c.Context().Conn())
	entries, next, err := s.cfg.Audit.AuditEntries(c.UserContext(), filter, page)
	if err != nil {
		return err
	}
	list := AuditPage{Items: make([]AuditEntry, len(entries)), NextCursor: s.cursors.seal(next, scope...)}
	for i := range entries {
		list.Items[i] = newAuditEntry(&entries[i])
	}
	return reply(c, fiber.StatusOK, &list)
}

// actor returns the parameter that narrows the audit log to an actor, in canonical form, "" without one.
func (q *query) actor() string {
	text := q.text("actor")
	if text == "" || text == string(eventra.ActorCommand) || text == string(eventra.ActorSystem) {
		return text
	}
	id, err := eventra.ParseID(text)
	if err != nil {
		q.faults.Add("actor", "invalid_id", "must be the id of a user or an API key, or command, or system")
	}
	return id.String()
}
