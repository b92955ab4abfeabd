package http

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// OpenSession is a session that has not ended.
type OpenSession struct {
	ID         eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a04" validate:"required"`
	CreatedAt  Time       `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"`
	LastUsedAt Time       `json:"lastUsedAt" swaggertype:"string" format:"date-time" example:"2027-05-01T12:00:00.000Z" validate:"required"` // its last refresh, or its beginning
	ExpiresAt  Time       `json:"expiresAt" swaggertype:"string" format:"date-time" example:"2027-05-08T12:00:00.000Z" validate:"required"`  // unless it is refreshed
	Address    string     `json:"address" example:"192.0.2.7" validate:"required"`                                                           // of the client that signed in; empty if unknown
	UserAgent  string     `json:"userAgent" example:"Mozilla/5.0" validate:"required"`                                                       // as that client calls itself; empty if unknown
	Current    bool       `json:"current" validate:"required"`                                                                               // whether it is the session of this access token
}

// OpenSessionPage is one page of a list of sessions.
type OpenSessionPage struct {
	Items      []OpenSession `json:"items" validate:"required"`
	NextCursor *string       `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

func newOpenSessions(sessions []eventra.OpenSession, current eventra.ID) []OpenSession {
	shown := make([]OpenSession, len(sessions))
	for i, session := range sessions {
		shown[i] = OpenSession{ID: session.ID, CreatedAt: Time(session.CreatedAt), LastUsedAt: Time(session.LastUsedAt),
			ExpiresAt: Time(session.ExpiresAt), Address: session.Client.Address, UserAgent: session.Client.UserAgent,
			Current: session.ID == current}
	}
	return shown
}

// userAgentMaxBytes is more than browsers send.
const userAgentMaxBytes = 500

// describeClient is what a session keeps about the client that signs in.
func (s *Server) describeClient(c *fiber.Ctx) eventra.Client {
	agent := c.Get(fiber.HeaderUserAgent)
	agent = strings.ToValidUTF8(strings.ReplaceAll(agent[:min(len(agent), userAgentMaxBytes)], "\x00", ""), "")
	return eventra.Client{Address: s.clientText(c), UserAgent: strings.Clone(agent)}
}

// @ID listSessions
// @Summary List my sessions
// @Description Those that have not ended, newest first. A session begins when an account signs in.
// @Tags auth
// @Security BearerAuth
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} OpenSessionPage "A page of sessions"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/auth/sessions [get]
func (s *Server) listSessions(c *fiber.Ctx) error {
	caller := callerOf(c)
	q := query{c: c}
	scope := []string{"sessions", caller.UserID.String()}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	sessions, next, err := s.cfg.Users.OpenSessions(c.UserContext(), caller.UserID, page)
	if err != nil {
		return err
	}
	list := OpenSessionPage{Items: newOpenSessions(sessions, caller.SessionID), NextCursor: s.cursors.seal(next, scope...)}
	return reply(c, fiber.StatusOK, &list)
}

// @ID endSession
// @Summary End one of my sessions
// @Description Its tokens end at once, on every instance. Repeating the request is harmless.
// @Tags auth
// @Security BearerAuth
// @Param sessionId path string true "Session" format(uuid)
// @Success 204 "Ended"
// @Failure 404 {object} Problem "not_found, also for another user's session"
// @Router /api/v1/auth/sessions/{sessionId} [delete]
func (s *Server) endSession(c *fiber.Ctx) error {
	session, err := pathID(c, "sessionId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	caller := callerOf(c)
	err = s.cfg.Users.EndOneSession(c.UserContext(), caller.UserID, session)
	s.logSecurity(c, actionLogout, err, userAttr(caller.UserID), sessionAttr(session))
	if err != nil {
		return err
	}
	s.denySessions(session)
	return c.SendStatus(fiber.StatusNoContent)
}

// @ID logoutAll
// @Summary Sign out everywhere
// @Description Ends all sessions of the account, this one too, with all their tokens, at once and on every instance.
// @Tags auth
// @Security BearerAuth
// @Success 204 "Signed out"
// @Router /api/v1/auth/logout-all [post]
func (s *Server) logoutAll(c *fiber.Ctx) error {
	caller := callerOf(c)
	version, err := s.cfg.Users.EndAllSessions(c.UserContext(), caller.UserID)
	s.logSecurity(c, actionLogout, err, userAttr(caller.UserID))
	if err != nil {
		return err
	}
	s.deny(caller.UserID, version)
	return c.SendStatus(fiber.StatusNoContent)
}
