package http

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// User is an account as its owner sees it.
type User struct {
	ID        eventra.ID `json:"id" swaggertype:"string" format:"uuid" example:"0197f2a0-6c1e-7b3a-9d54-2f6f0f8b1a03" validate:"required"`
	Email     string     `json:"email" format:"idn-email" example:"user@eventra.test" validate:"required"`
	Name      string     `json:"name" example:"Ada Lovelace" validate:"required"`
	Role      string     `json:"role" enums:"USER,ADMIN" example:"USER" validate:"required"`
	Verified  bool       `json:"emailVerified" example:"true" validate:"required"` // whether a link in a mail to the address was followed
	CreatedAt Time       `json:"createdAt" swaggertype:"string" format:"date-time" example:"2027-01-05T10:00:00.000Z" validate:"required"`
}

func newUser(u *eventra.User) User {
	return User{ID: u.ID, Email: u.Email, Name: u.Name, Role: string(u.Role), Verified: u.Verified, CreatedAt: Time(u.CreatedAt)}
}

// Registration asks for an account.
type Registration struct {
	Email    string `json:"email" format:"idn-email" maxLength:"254" example:"ada@example.com" validate:"required"`        // trimmed and lower-cased
	Password string `json:"password" format:"password" maxLength:"72" example:"correct horse battery" validate:"required"` // 8 to 72 bytes
	Name     string `json:"name" minLength:"1" maxLength:"100" example:"Ada Lovelace" validate:"required"`
}

func (r *Registration) validate() error {
	var faults eventra.Faults
	r.Email, r.Name = auth.NormalizeEmail(r.Email), auth.NormalizeName(r.Name)
	eventra.ValidateEmail(&faults, "email", r.Email)
	eventra.ValidatePassword(&faults, "password", auth.NormalizePassword(r.Password), r.Email)
	eventra.ValidateName(&faults, "name", r.Name)
	return faults.Err()
}

// @ID register
// @Summary Open an account
// @Description Creates an account with the role USER and signs in at once. The e-mail address is trimmed and lower-cased. Unless the operator has switched it off, a mail goes to it with a link to verify it; until then the account can do everything but hold.
// @Tags auth
// @Param Idempotency-Key header string false "Makes retries harmless: the same key with the same body gets the first outcome again" minLength(1) maxLength(255)
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
	hash, err := s.passwords.Hash(c.UserContext(), s.addressOf(c), r.Password)
	if err != nil {
		return err
	}
	user := &eventra.User{ID: resourceID(c), Email: r.Email, Name: r.Name, Role: eventra.RoleUser,
		PasswordHash: hash, CreatedAt: time.Now().UTC()}
	if err := s.addUser(c, user); err != nil {
		return err
	}
	if triedBefore(c) {
		return s.registerAgain(c)
	}
	return s.startSession(c, fiber.StatusCreated, actionRegister, user)
}

// addUser adds a user, with the mail that verifies the address.
func (s *Server) addUser(c *fiber.Ctx, user *eventra.User) error {
	if !s.cfg.RequireVerifiedEmail {
		return s.cfg.Users.CreateUser(c.UserContext(), user)
	}
	return s.cfg.Users.Register(c.UserContext(), user, s.verificationMail(user))
}

// registerAgain answers the repetition of a registration whose account exists. Tokens are
// not stored, so the caller gets new ones, in exchange for the password: another password
// is another request.
func (s *Server) registerAgain(c *fiber.Ctx) error {
	var r Registration
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	user, err := s.cfg.Users.UserByID(c.UserContext(), resourceID(c))
	if err != nil {
		return err
	}
	err = s.checkPassword(c, user, user.Email, r.Password)
	if eventra.CodeOf(err) == eventra.CodeInvalidCredentials {
		return &eventra.Error{Code: eventra.CodeIdempotencyKeyReused, Message: "the idempotency key was used with another request", Err: err}
	}
	if err != nil {
		return err
	}
	return s.startSession(c, fiber.StatusCreated, actionRegister, user)
}

// @ID me
// @Summary Show my account
// @Description The account of the access token.
// @Tags auth
// @Security BearerAuth
// @Success 200 {object} User "The caller's account"
// @Router /api/v1/auth/me [get]
func (s *Server) me(c *fiber.Ctx) error {
	user, err := s.account(c)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return reply(c, fiber.StatusOK, newUser(user))
}

// account reads the caller's account.
func (s *Server) account(c *fiber.Ctx) (*eventra.User, error) {
	user, err := s.cfg.Users.UserByID(c.UserContext(), callerOf(c).UserID)
	return user, accountGone(err)
}

// accountGone makes it a matter of the access token that its account does not exist.
func accountGone(err error) error {
	if eventra.CodeOf(err) == eventra.CodeNotFound {
		return &eventra.Error{Code: eventra.CodeUnauthenticated, Message: "the account no longer exists", Err: err}
	}
	return err
}
