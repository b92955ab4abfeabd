package http

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

const callerLocal = "caller"

// callerOf returns who is calling; nil if nobody said.
func callerOf(c *fiber.Ctx) *auth.Caller {
	who, _ := c.Locals(callerLocal).(*auth.Caller)
	return who
}

// isAdmin reports whether an admin is calling.
func isAdmin(c *fiber.Ctx) bool {
	who := callerOf(c)
	return who != nil && who.Role == eventra.RoleAdmin
}

// anyone lets everybody in, but nobody with a bad token: who presents one
// means to be known.
func (s *Server) anyone(c *fiber.Ctx) error {
	if len(c.Request().Header.Peek(fiber.HeaderAuthorization)) == 0 {
		return c.Next()
	}
	return s.users(c)
}

// users lets in whoever has an access token.
func (s *Server) users(c *fiber.Ctx) error {
	if err := s.authenticate(c); err != nil {
		return err
	}
	return c.Next()
}

// admins lets in admins only.
func (s *Server) admins(c *fiber.Ctx) error {
	if err := s.authenticate(c); err != nil {
		return err
	}
	if !isAdmin(c) {
		return eventra.Errorf(eventra.CodeForbidden, "this takes the role ADMIN")
	}
	return c.Next()
}

// authenticate notes who is calling, without any I/O.
func (s *Server) authenticate(c *fiber.Ctx) error {
	header := utils.UnsafeString(c.Request().Header.Peek(fiber.HeaderAuthorization)) // the request's memory, for as long as this takes
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return eventra.Errorf(eventra.CodeUnauthenticated, "this takes an access token: Authorization: Bearer …")
	}
	who, err := s.accessTokens.Verify(strings.TrimLeft(token, " "))
	if err != nil || s.cfg.DeniedTokens.Denied(who.AccessID) {
		return &eventra.Error{Code: eventra.CodeUnauthenticated, Message: "the access token is not valid, or not any more", Err: err}
	}
	c.Locals(callerLocal, who)
	return nil
}
