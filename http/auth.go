package http

import (
	"crypto/sha256"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
)

// User is an account, as its owner sees it.
type User struct {
	ID        eventra.ID `json:"id"`
	Email     string     `json:"email"`
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	CreatedAt Time       `json:"createdAt"`
}

// Tokens is what a login comes to.
type Tokens struct {
	User         User   `json:"user"`
	AccessToken  string `json:"accessToken"`
	RefreshToken string `json:"refreshToken"`
	TokenType    string `json:"tokenType"`
	ExpiresIn    int    `json:"expiresIn"` // seconds that the access token lives
}

func newUser(u *eventra.User) User {
	return User{ID: u.ID, Email: u.Email, Name: u.Name, Role: string(u.Role), CreatedAt: Time(u.CreatedAt)}
}

// Registration asks for an account.
type Registration struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Name     string `json:"name"`
}

func (r *Registration) validate() error {
	var faults eventra.Faults
	r.Email = eventra.NormalizeEmail(r.Email)
	eventra.ValidateEmail(&faults, "email", r.Email)
	eventra.ValidatePassword(&faults, "password", r.Password)
	eventra.ValidateName(&faults, "name", r.Name)
	return faults.Err()
}

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
	Email    string `json:"email"`
	Password string `json:"password"`
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
	RefreshToken string `json:"refreshToken"`
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
