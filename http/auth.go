package http

import (
	"crypto/sha256"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// User is an account, as its owner sees it.
type User struct {
	ID        eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a03" validate:"required"`
	Email     string     `json:"email" format:"email" example:"user@eventra.test" validate:"required"`
	Name      string     `json:"name" example:"Ada Lovelace" validate:"required"`
	Role      string     `json:"role" enums:"USER,ADMIN" example:"USER" validate:"required"`
	CreatedAt Time       `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-01-05T10:00:00.000Z" validate:"required"`
}

// Tokens is what a login comes to.
type Tokens struct {
	User         User   `json:"user" validate:"required"`
	AccessToken  string `json:"accessToken" validate:"required"`  // a JWT; for Authorization: Bearer
	RefreshToken string `json:"refreshToken" validate:"required"` // good for one use, within 7 days
	TokenType    string `json:"tokenType" enums:"Bearer" example:"Bearer" validate:"required"`
	ExpiresIn    int    `json:"expiresIn" example:"900" validate:"required"` // seconds that the access token lives
}

func newUser(u *eventra.User) User {
	return User{ID: u.ID, Email: u.Email, Name: u.Name, Role: string(u.Role), CreatedAt: Time(u.CreatedAt)}
}

// Registration asks for an account.
type Registration struct {
	Email    string `json:"email" format:"email" maxLength:"254" example:"ada@example.com" validate:"required"`                          // trimmed and lower-cased
	Password string `json:"password" format:"password" minLength:"8" maxLength:"72" example:"correct horse battery" validate:"required"` // 8 to 72 bytes
	Name     string `json:"name" minLength:"1" maxLength:"100" example:"Ada Lovelace" validate:"required"`
}

func (r *Registration) validate() error {
	var faults eventra.Faults
	r.Email = eventra.NormalizeEmail(r.Email)
	eventra.ValidateEmail(&faults, "email", r.Email)
	eventra.ValidatePassword(&faults, "password", r.Password)
	eventra.ValidateName(&faults, "name", r.Name)
	return faults.Err()
}

// @ID register
// @Summary Open an account
// @Description Creates a USER and signs them in at once. The e-mail address is trimmed and lower-cased.
// @Tags auth
// @Param Idempotency-Key header string false "Makes repetitions harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
// @Param body body Registration true "Account"
// @Success 201 {object} Tokens "The account and its first tokens"
// @Failure 409 {object} Problem "email_taken; idempotency_in_progress"
// @Failure 422 {object} Problem "validation_failed; idempotency_key_reused"
// @Router /api/v1/auth/register [post]
func (s *Server) register(c *fiber.Ctx) error {
	var r Registration
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	if err := r.validate(); err != nil {
		return err
	}
	hash, err := s.passwords.hash(c.UserContext(), r.Password)
	if err != nil {
		return err
	}
	user := &eventra.User{ID: resourceID(c), Email: r.Email, Name: r.Name, Role: eventra.RoleUser,
		PasswordHash: hash, CreatedAt: time.Now().UTC()}
	if err := s.cfg.Users.CreateUser(c.UserContext(), user); err != nil {
		return err
	}
	return s.startSession(c, fiber.StatusCreated, user)
}

// registerAgain answers the repetition of a registration that succeeded:
// tokens are not kept, so it gets new ones, for the password it shows.
func (s *Server) registerAgain(c *fiber.Ctx) error {
	var r Registration
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	user, err := s.cfg.Users.UserByID(c.UserContext(), resourceID(c))
	if err != nil {
		return err
	}
	if err := s.checkPassword(c, user, user.Email, r.Password); err != nil {
		return err
	}
	return s.startSession(c, fiber.StatusCreated, user)
}

// Login asks for tokens.
type Login struct {
	Email    string `json:"email" example:"user@eventra.test" validate:"required"`
	Password string `json:"password" format:"password" example:"demo-user-password" validate:"required"`
}

func (l *Login) validate() error {
	var faults eventra.Faults
	l.Email = eventra.NormalizeEmail(l.Email)
	if l.Email == "" {
		faults.Add("email", "required", "is required")
	}
	if l.Password == "" {
		faults.Add("password", "required", "is required")
	}
	return faults.Err()
}

// @ID login
// @Summary Sign in
// @Description An unknown address and a wrong password look and take alike. Repeated failures for one account or from one address are refused for a while.
// @Tags auth
// @Param body body Login true "Credentials"
// @Success 200 {object} Tokens "Tokens"
// @Failure 401 {object} Problem "invalid_credentials"
// @Router /api/v1/auth/login [post]
func (s *Server) login(c *fiber.Ctx) error {
	var l Login
	if err := decodeBody(c, &l); err != nil {
		return err
	}
	if err := l.validate(); err != nil {
		return err
	}
	var user *eventra.User
	var err error
	if len(l.Email) <= eventra.EmailMaxBytes {
		user, err = s.cfg.Users.UserByEmail(c.UserContext(), l.Email)
	}
	if err != nil && eventra.CodeOf(err) != eventra.CodeNotFound {
		return err
	}
	if err := s.checkPassword(c, user, l.Email, l.Password); err != nil {
		return err
	}
	return s.startSession(c, fiber.StatusOK, user)
}

// checkPassword compares a password; user is nil for an account that does not
// exist, which looks and takes like a wrong password. Failures are looked at
// and counted in the hashing slot, so that a burst of guesses at once gains nothing.
func (s *Server) checkPassword(c *fiber.Ctx, user *eventra.User, email, password string) error {
	failures := s.loginFailures(c, email)
	if err := failures.check(time.Now()); err != nil {
		return err
	}
	return s.passwords.run(c.UserContext(), func() error {
		if err := failures.check(time.Now()); err != nil {
			return err
		}
		ok, err := s.passwords.matches(user, password)
		if err == nil && !ok {
			failures.add(time.Now())
			err = eventra.Errorf(eventra.CodeInvalidCredentials, "e-mail address and password do not match")
		}
		return err
	})
}

// startSession answers with the first tokens of a new session.
func (s *Server) startSession(c *fiber.Ctx, status int, user *eventra.User) error {
	refresh, hash := newRefreshToken()
	session := &eventra.Session{ID: newID(), UserID: user.ID, TokenHash: hash, ExpiresAt: time.Now().Add(refreshTokenLife)}
	if err := s.cfg.Users.CreateSession(c.UserContext(), session); err != nil {
		return err
	}
	return s.replyTokens(c, status, user, session.ID, refresh)
}

func (s *Server) replyTokens(c *fiber.Ctx, status int, user *eventra.User, session eventra.ID, refresh string) error {
	access, err := s.tokens.issue(user, session, time.Now())
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return reply(c, status, &Tokens{User: newUser(user), AccessToken: access, RefreshToken: refresh,
		TokenType: "Bearer", ExpiresIn: int(accessTokenLife.Seconds())})
}

// RefreshToken shows a refresh token.
type RefreshToken struct {
	RefreshToken string `json:"refreshToken" validate:"required"`
}

// decodeRefreshToken returns the hash of the token in the body.
func decodeRefreshToken(c *fiber.Ctx) (hash [sha256.Size]byte, err error) {
	var r RefreshToken
	if err := decodeBody(c, &r); err != nil {
		return hash, err
	}
	var faults eventra.Faults
	if r.RefreshToken == "" {
		faults.Add("refreshToken", "required", "is required")
	}
	return sha256.Sum256([]byte(r.RefreshToken)), faults.Err()
}

// @ID refresh
// @Summary Get new tokens
// @Description The refresh token is used up. Presenting a used one again ends its whole session.
// @Tags auth
// @Param body body RefreshToken true "Refresh token"
// @Success 200 {object} Tokens "New tokens"
// @Failure 401 {object} Problem "invalid_refresh_token"
// @Router /api/v1/auth/refresh [post]
func (s *Server) refresh(c *fiber.Ctx) error {
	presented, err := decodeRefreshToken(c)
	if err != nil {
		return err
	}
	token, successor := newRefreshToken()
	user, session, err := s.cfg.Users.RotateSession(c.UserContext(), eventra.Rotation{
		Presented: presented, Successor: successor, ExpiresAt: time.Now().Add(refreshTokenLife)})
	if err != nil {
		return err
	}
	return s.replyTokens(c, fiber.StatusOK, user, session, token)
}

// @ID logout
// @Summary Sign out
// @Description Ends the session of the refresh token and this access token, at once and on every instance.
// @Tags auth
// @Security BearerAuth
// @Param body body RefreshToken true "Refresh token"
// @Success 204 "Signed out"
// @Router /api/v1/auth/logout [post]
func (s *Server) logout(c *fiber.Ctx) error {
	presented, err := decodeRefreshToken(c)
	if err != nil {
		return err
	}
	who := callerOf(c)
	if err := s.cfg.Users.EndSession(c.UserContext(), who.UserID, presented, who.AccessID, who.Expires); err != nil {
		return err
	}
	s.cfg.DeniedTokens.Deny(who.AccessID, who.Expires)
	return c.SendStatus(fiber.StatusNoContent)
}

// @ID me
// @Summary Who am I
// @Tags auth
// @Security BearerAuth
// @Success 200 {object} User "The caller's account"
// @Router /api/v1/auth/me [get]
func (s *Server) me(c *fiber.Ctx) error {
	user, err := s.cfg.Users.UserByID(c.UserContext(), callerOf(c).UserID)
	if eventra.CodeOf(err) == eventra.CodeNotFound {
		err = &eventra.Error{Code: eventra.CodeUnauthenticated, Message: "the account does not exist any more", Err: err}
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return reply(c, fiber.StatusOK, newUser(user))
}
