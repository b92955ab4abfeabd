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
// same: its caller expects to be recognised. An API key needs no scope for what anyone may do.
func (s *Server) anyone(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if len(c.Request().Header.Peek(fiber.HeaderAuthorization)) == 0 {
		return c.Next()
	}
	if err := s.authenticate(c); err != nil {
		return err
	}
	return c.Next()
}

// usersOr admits users with a valid access token, and API keys with a scope; without one, no key.
func (s *Server) usersOr(scope eventra.Scope) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := s.authenticate(c); err != nil {
			return err
		}
		if callerOf(c).Key != nil {
			if err := admitKey(c, scope); err != nil {
				return err
			}
		}
		return c.Next()
	}
}

// adminsOr admits admins, and API keys with a scope, and logs what they do; without one, no key.
func (s *Server) adminsOr(scope eventra.Scope) fiber.Handler {
	return func(c *fiber.Ctx) error { return s.logged(c, func() error { return s.admitAdmin(c, scope) }) }
}

func (s *Server) admitAdmin(c *fiber.Ctx, scope eventra.Scope) error {
	if err := s.authenticate(c); err != nil {
		return err
	}
	if callerOf(c).Key != nil {
		if err := admitKey(c, scope); err != nil {
			return err
		}
	} else if !isAdmin(c) {
		return eventra.Errorf(eventra.CodeForbidden, "this needs the role ADMIN")
	}
	if !fiber.IsMethodSafe(c.Method()) {
		exchangeOf(c).actsAs(s.actorOf(c))
	}
	return c.Next()
}

// actorOf returns what the audit log keeps of the caller.
func (s *Server) actorOf(c *fiber.Ctx) eventra.Actor {
	caller := callerOf(c)
	a := eventra.Actor{ID: caller.UserID, Kind: eventra.ActorUser, Address: s.clientText(c), RequestID: requestID(c)}
	if caller.Key != nil {
		a.Kind = eventra.ActorKey
	}
	return a
}

var errNoKeys = eventra.Errorf(eventra.CodeForbidden, "no API key may do this, whatever its scopes")

// admitKey admits an API key that has a scope and is for the event in the path, if one is
// there. What it says of an event is the same whether there is such an event or not.
func admitKey(c *fiber.Ctx, scope eventra.Scope) error {
	key := callerOf(c).Key
	switch {
	case scope == "":
		return errNoKeys
	case !key.Has(scope):
		return &eventra.Error{Code: eventra.CodeScopeMissing, Message: "this needs an API key with the scope " + string(scope), Scope: scope}
	}
	if event, err := eventra.ParseID(c.Params("eventId")); err == nil && !key.Covers(event) {
		return otherEvent()
	}
	return nil
}

func otherEvent() error {
	return eventra.Errorf(eventra.CodeForbidden, "this API key is for other events")
}

// authenticate verifies the access token or the API key and remembers its caller. It asks no
// store, except once for each token that writes: whether its user exists, and once a minute
// for each key.
func (s *Server) authenticate(c *fiber.Ctx) error {
	caller, err := s.callerFrom(c)
	if eventra.CodeOf(err) == eventra.CodeUnauthenticated {
		return s.unauthenticated(c, err)
	}
	if err != nil {
		return err
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
	return s.ask(c, func() error {
		exists, err := s.cfg.Users.UserExists(c.UserContext(), caller.UserID)
		if err == nil && !exists {
			err = eventra.Errorf(eventra.CodeUnauthenticated, "the account does not exist any more")
		}
		if err == nil {
			caller.KnownToExist.Store(true)
		}
		return err
	})
}

// ask asks a store about a caller. A hold counts among those that wait meanwhile.
func (s *Server) ask(c *fiber.Ctx, look func() error) error {
	admission.ReleaseSlot(c.Context().Conn())
	if isHold(c.Context()) {
		return s.countHold(look)
	}
	return look()
}

// callerFrom returns the caller whose access token or API key a request has.
func (s *Server) callerFrom(c *fiber.Ctx) (*auth.Caller, error) {
	token := bearerToken(&c.Request().Header)
	if auth.IsAPIKey(token) {
		return s.callerOfKey(c, token)
	}
	return s.callerOfToken(token)
}

// bearerToken returns the token in a request's headers, which is valid as long as these, or
// "" if there is none.
func bearerToken(h *fasthttp.RequestHeader) string {
	header := utils.UnsafeString(h.Peek(fiber.HeaderAuthorization))
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimLeft(token, " ")
}

// callerOfToken returns the caller of an access token.
func (s *Server) callerOfToken(token string) (*auth.Caller, error) {
	if token == "" {
		return nil, eventra.Errorf(eventra.CodeUnauthenticated, "this needs an access token: Authorization: Bearer …")
	}
	caller, err := s.accessTokens.Verify(token)
	if err != nil || s.cfg.DeniedTokens.Denied(&caller.AccessTokenID) {
		return nil, &eventra.Error{Code: eventra.CodeUnauthenticated, Message: "the access token is not valid, or no longer", Err: err}
	}
	return caller, nil
}
