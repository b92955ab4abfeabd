package http

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// The actions of the security log.
const (
	actionLogin    = "login"
	actionRegister = "register"
	actionLogout   = "logout"
	actionRefresh  = "refresh"
	actionPassword = "password"
	actionVerify   = "verify"
	actionForgot   = "forgot"
	actionReset    = "reset"
	actionAddress  = "address"
	actionErase    = "erase"
	actionExport   = "export"
	outcomeOK      = "ok"
)

// logSecurity writes a line of the security log: who did what from where, and what came of
// it. What was refused is a warning. Passwords and tokens never get into it.
func (s *Server) logSecurity(c *fiber.Ctx, action string, err error, attrs ...slog.Attr) {
	level, outcome := slog.LevelInfo, outcomeOK
	if err != nil {
		level, outcome = slog.LevelWarn, string(problemOf(err).Code)
	} else if status := c.Response().StatusCode(); status >= fiber.StatusBadRequest { // a refusal that is replayed
		level, outcome = slog.LevelWarn, strconv.Itoa(status)
	}
	if !s.cfg.Log.Enabled(c.UserContext(), level) {
		return
	}
	line := []slog.Attr{slog.String("action", action), slog.String("outcome", outcome),
		slog.String("client", s.clientOf(c).String()), slog.String("requestId", requestID(c))}
	if id, traced := traceID(exchangeOf(c)); traced {
		line = append(line, slog.String("traceId", id))
	}
	s.security.LogAttrs(c.UserContext(), level, "security", append(line, attrs...)...)
}

// logRefusedLogin names the account by its address, so that its owner can be warned: there
// may be no user. Text that is no address may be a password in the wrong field.
func (s *Server) logRefusedLogin(c *fiber.Ctx, user *eventra.User, email string, err error) {
	var faults eventra.Faults
	if eventra.ValidateEmail(&faults, "email", email); len(faults) > 0 {
		email = "no address"
	}
	attrs := []slog.Attr{slog.String("account", email)}
	if user != nil {
		attrs = append(attrs, userAttr(user.ID))
	}
	s.logSecurity(c, actionLogin, err, attrs...)
}

func userAttr(id eventra.ID) slog.Attr { return slog.String("userId", id.String()) }

func keyAttr(key *eventra.APIKey) slog.Attr { return slog.String("byApiKey", key.ID.String()) }

func sessionAttr(id eventra.ID) slog.Attr { return slog.String("session", id.String()) }

// logged writes what an admin or an API key does, or another caller tries, to the security
// log. Reading is no action.
func (s *Server) logged(c *fiber.Ctx, next func() error) error {
	err := next()
	if caller := callerOf(c); caller != nil && (!fiber.IsMethodSafe(c.Method()) || !isAdmin(c) && (caller.Key == nil || err != nil)) {
		attrs := callerAttrs(caller)
		s.logSecurity(c, methodOf(c)+" "+routeOf(c), err, append(attrs, resourceAttrs(c)...)...)
	}
	return err
}

// callerAttrs name a caller.
func callerAttrs(caller *auth.Caller) []slog.Attr {
	if caller.Key != nil {
		return []slog.Attr{keyAttr(caller.Key)}
	}
	return []slog.Attr{userAttr(caller.UserID), slog.String("role", string(caller.Role)), sessionAttr(caller.SessionID)}
}

// resourceAttrs name what a request is about: the ids in its path, and what it made.
func resourceAttrs(c *fiber.Ctx) []slog.Attr {
	attrs := pathAttrs(c)
	if location := c.GetRespHeader(fiber.HeaderLocation); location != "" {
		attrs = append(attrs, slog.String("made", strings.Clone(location)))
	}
	if c.GetRespHeader(headerIdempotencyReplayed) != "" {
		attrs = append(attrs, slog.Bool("replayed", true))
	}
	return attrs
}

func pathAttrs(c *fiber.Ctx) (attrs []slog.Attr) {
	for _, name := range c.Route().Params {
		if id, err := eventra.ParseID(c.Params(name)); err == nil { // anything else names nothing
			attrs = append(attrs, slog.String(name, id.String()))
		}
	}
	return attrs
}
