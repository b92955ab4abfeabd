package http

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
	"github.com/eventra/eventra/http/auth"
)

// isAdmin reports whether the caller is an admin.
func isAdmin(c *fiber.Ctx) bool {
	caller := callerOf(c)
	return caller != nil && caller.Role == eventra.RoleAdmin
}

// anyone admits callers with and without a token. A bad token is refused all the
// same: its caller expects to be recognised.
func (s *Server) anyone(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if len(c.Request().Header.Peek(fiber.HeaderAuthorization)) == 0 {
		return c.Next()
	}
	return s.users(c)
}

// users admits callers with a valid access token.
func (s *Server) users(c *fiber.Ctx) error {
	if err := s.authenticate(c); err != nil {
		return err
	}
	return c.Next()
}

// admins admits admins only, and logs what they do.
func (s *Server) admins(c *fiber.Ctx) error {
	if err := s.authenticate(c); err != nil {
		return err
	}
	return s.logged(c, func() error {
		if !isAdmin(c) {
			return eventra.Errorf(eventra.CodeForbidden, "this needs the role ADMIN")
		}
		return c.Next()
	})
}

// authenticate verifies the access token and remembers its caller. It asks no store,
// except once for each token that writes: whether its user exists.
func (s *Server) authenticate(c *fiber.Ctx) error {
	caller, err := s.callerFrom(&c.Request().Header)
	if err != nil {
		return s.unauthenticated(c, err)
	}
	if err := s.requireAccount(c, caller); err != nil {
		return err
	}
	exchangeOf(c).caller = caller
	return nil
}

// requireAccount refuses to write anything for a user who does not exist, such as one that
// a database lost when it failed over. An account that is deleted while its tokens live is
// denied, so one look is enough for each token; an instance needs none for its own tokens.
func (s *Server) requireAccount(c *fiber.Ctx, caller *auth.Caller) error {
	if caller.KnownToExist.Load() || fiber.IsMethodSafe(c.Method()) {
		return nil
	}
	admission.ReleaseSlot(c.Context().Conn())
	look := func() error {
		exists, err := s.cfg.Users.UserExists(c.UserContext(), caller.UserID)
		if err == nil && !exists {
			err = eventra.Errorf(eventra.CodeUnauthenticated, "the account does not exist any more")
		}
		if err == nil {
			caller.KnownToExist.Store(true)
		}
		return err
	}
	if isHold(c.Context()) {
		return s.countHold(look)
	}
	return look()
}

// callerFrom returns the caller whose access token a request has.
func (s *Server) callerFrom(h *fasthttp.RequestHeader) (*auth.Caller, error) {
	header := utils.UnsafeString(h.Peek(fiber.HeaderAuthorization)) // valid until this function returns
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, eventra.Errorf(eventra.CodeUnauthenticated, "this needs an access token: Authorization: Bearer …")
	}
	caller, err := s.accessTokens.Verify(strings.TrimLeft(token, " "))
	if err != nil || s.cfg.DeniedTokens.Denied(&caller.AccessTokenID) {
		return nil, &eventra.Error{Code: eventra.CodeUnauthenticated, Message: "the access token is not valid, or no longer", Err: err}
	}
	return caller, nil
}
