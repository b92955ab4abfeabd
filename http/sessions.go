package http

import (
	"crypto/sha256"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// Tokens are the tokens of a session, new at each login and refresh.
type Tokens struct {
	User         User   `json:"user" validate:"required"`
	AccessToken  string `json:"accessToken" validate:"required"`  // a JWT; for Authorization: Bearer
	RefreshToken string `json:"refreshToken" validate:"required"` // valid for one use within 7 days
	TokenType    string `json:"tokenType" enums:"Bearer" example:"Bearer" validate:"required"`
	ExpiresIn    int    `json:"expiresIn" example:"900" validate:"required"` // seconds until the access token expires
}

// Login is the credentials of an account.
type Login struct {
	Email    string `json:"email" example:"user@eventra.test" validate:"required"`
	Password string `json:"password" format:"password" example:"demo-user-password" validate:"required"`
}

func (l *Login) validate() error {
	var faults eventra.Faults
	l.Email = auth.NormalizeEmail(l.Email)
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
// @Description An unknown e-mail address and a wrong password get the same answer, after the same time. After repeated failures for one account from a network address, or from that address for any account, further attempts from there are refused for a while. Failures from elsewhere do not keep the owner of the account out.
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
	return s.startSession(c, fiber.StatusOK, actionLogin, user)
}

// checkPassword compares a password. A nil user stands for an account that does not
// exist: the answer and the time are those of a wrong password. Failures are checked
// again and counted within the hashing slot, so that guesses sent all at once are
// limited like others.
func (s *Server) checkPassword(c *fiber.Ctx, user *eventra.User, email, password string) (err error) {
	defer func() {
		if code := eventra.CodeOf(err); code == eventra.CodeInvalidCredentials || code == eventra.CodeRateLimited {
			s.logRefusedLogin(c, user, email, err)
		}
	}()
	failures := s.loginFailures(c, email)
	if err := failures.check(time.Now()); err != nil {
		return err
	}
	return s.passwords.Run(c.UserContext(), auth.ToLogIn, s.addressOf(c), func() error {
		if err := failures.check(time.Now()); err != nil {
			return err
		}
		ok, err := s.passwords.Matches(user, password)
		if err == nil && !ok {
			failures.failed(time.Now())
			err = eventra.Errorf(eventra.CodeInvalidCredentials, "e-mail address and password do not match")
		}
		if err == nil {
			failures.succeeded(time.Now())
		}
		return err
	})
}

// startSession opens a session and answers with its first tokens.
func (s *Server) startSession(c *fiber.Ctx, status int, action string, user *eventra.User) error {
	refresh, hash := auth.NewRefreshToken()
	session := &eventra.Session{ID: newID(), UserID: user.ID, TokenVersion: user.TokenVersion, TokenHash: hash,
		ExpiresAt: time.Now().Add(min(auth.RefreshTokenLife, s.cfg.SessionLife)), Client: s.describeClient(c)}
	err := s.cfg.Users.CreateSession(c.UserContext(), session)
	if err == nil || eventra.CodeOf(err) == eventra.CodeInvalidCredentials {
		s.logSecurity(c, action, err, userAttr(user.ID), sessionAttr(session.ID))
	}
	if err != nil {
		return err
	}
	return s.replyTokens(c, status, user, session.ID, refresh)
}

func (s *Server) replyTokens(c *fiber.Ctx, status int, user *eventra.User, session eventra.ID, refresh string) error {
	access, err := s.accessTokens.Issue(user, session, time.Now())
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return reply(c, status, &Tokens{User: newUser(user), AccessToken: access, RefreshToken: refresh,
		TokenType: "Bearer", ExpiresIn: int(auth.AccessTokenLife.Seconds())})
}

// RefreshToken is a request that presents a refresh token.
type RefreshToken struct {
	RefreshToken string `json:"refreshToken" validate:"required"`
}

// decodeRefreshToken returns the refresh token in the body, and its hash.
func decodeRefreshToken(c *fiber.Ctx) (token string, hash [sha256.Size]byte, err error) {
	var r RefreshToken
	if err := decodeBody(c, &r); err != nil {
		return "", hash, err
	}
	var faults eventra.Faults
	if r.RefreshToken == "" {
		faults.Add("refreshToken", "required", "is required")
	}
	return r.RefreshToken, auth.RefreshTokenHash(r.RefreshToken), faults.Err()
}

// @ID refresh
// @Summary Get new tokens
// @Description Uses the refresh token up. The same token again within ten seconds gets the same successor, for clients that lost the answer, until the successor is used. Otherwise, presenting a used token again ends the whole session, with all its access tokens.
// @Tags auth
// @Param body body RefreshToken true "Refresh token"
// @Success 200 {object} Tokens "New tokens"
// @Failure 401 {object} Problem "invalid_refresh_token"
// @Router /api/v1/auth/refresh [post]
func (s *Server) refresh(c *fiber.Ctx) error {
	presented, hash, err := decodeRefreshToken(c)
	if err != nil {
		return err
	}
	_, successor, sealed := auth.NewSuccessor(presented)
	rotated, err := s.cfg.Users.RotateSession(c.UserContext(), eventra.Rotation{
		Presented: hash, Successor: successor, Sealed: sealed,
		ExpiresAt: time.Now().Add(auth.RefreshTokenLife), SessionLife: s.cfg.SessionLife})
	if err != nil {
		if !rotated.SessionID.IsZero() { // the token was used before
			s.denySessions(rotated.SessionID)
			s.logSecurity(c, actionRefresh, err, userAttr(rotated.UserID), sessionAttr(rotated.SessionID), slog.Bool("reused", true))
		}
		return err
	}
	return s.replyTokens(c, fiber.StatusOK, rotated.User, rotated.SessionID, auth.OpenSuccessor(presented, rotated.Sealed))
}

// @ID logout
// @Summary Sign out
// @Description Ends the session of the refresh token and that of this access token, with all their access tokens, at once and on every instance. A refresh token that is unknown or another user's is refused; the session of this access token ends all the same.
// @Tags auth
// @Security BearerAuth
// @Param body body RefreshToken true "Refresh token"
// @Success 204 "Signed out"
// @Failure 401 {object} Problem "unauthenticated; invalid_refresh_token: unknown, or another user's"
// @Router /api/v1/auth/logout [post]
func (s *Server) logout(c *fiber.Ctx) error {
	_, presented, err := decodeRefreshToken(c)
	if err != nil {
		return err
	}
	caller := callerOf(c)
	ended, err := s.cfg.Users.EndSession(c.UserContext(), caller.AccessTokenID, presented, caller.Expires)
	s.denySessions(ended...)
	s.logSecurity(c, actionLogout, err, userAttr(caller.UserID), slog.Any("sessions", ended))
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// denySessions makes it known that sessions have ended in the store.
func (s *Server) denySessions(sessions ...eventra.ID) {
	for _, session := range sessions {
		s.deny(session, eventra.AllVersions)
	}
}

// deny makes it known that access tokens of a session, a user or an API key, of versions below that one,
// have ended in the store.
func (s *Server) deny(subject eventra.ID, belowVersion int) {
	s.cfg.DeniedTokens.Deny(eventra.Denial{Subject: subject, BelowVersion: belowVersion, ExpiresAt: time.Now().Add(auth.AccessTokenLife)})
}
