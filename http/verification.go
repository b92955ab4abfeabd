package http

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
	"github.com/eventra/eventra/http/auth"
)

// verificationMail is the mail that verifies a user's address.
func (s *Server) verificationMail(user *eventra.User) *eventra.AccountMail {
	return &eventra.AccountMail{Kind: eventra.MailVerify, Address: user.Email, UserID: user.ID, Token: s.newOneTimeToken(eventra.VerifyTokenLife)}
}

func (s *Server) newOneTimeToken(life time.Duration) eventra.OneTimeToken {
	return s.oneTimeTokens.New(newID(), time.Now().Add(life))
}

// requireVerified refuses to hold for a caller whose address is not verified. A token that
// was issued before it was verified is looked up, until it is; others cost nothing.
func (s *Server) requireVerified(c *fiber.Ctx) error {
	caller := callerOf(c)
	if !s.cfg.RequireVerifiedEmail || !caller.Unverified.Load() {
		return nil
	}
	admission.ReleaseSlot(c.Context().Conn())
	verified, err := s.cfg.Users.EmailVerified(c.UserContext(), caller.UserID)
	if err != nil {
		return err
	}
	if !verified {
		return eventra.Errorf(eventra.CodeEmailNotVerified,
			"the e-mail address is not verified yet: follow the link in the mail, or ask for another one at /api/v1/auth/email/verification")
	}
	caller.Unverified.Store(false)
	return nil
}

// OneTimeToken is the token of a link in a mail.
type OneTimeToken struct {
	Token string `json:"token" maxLength:"200" validate:"required"`
}

// tokenHash returns the hash by which a token is stored.
func tokenHash(faults *eventra.Faults, token string) [32]byte {
	if token == "" {
		faults.Add("token", "required", "is required")
	}
	return auth.OneTimeTokenHash(token)
}

// @ID verifyEmail
// @Summary Verify an e-mail address
// @Description Takes the token of the link in a mail, which works once, within 24 hours. Holds are possible at once, also with the access tokens that the account has. A token that came to a new address makes that the account's.
// @Tags auth
// @Param body body OneTimeToken true "The token of the link"
// @Success 204 "Verified"
// @Failure 409 {object} Problem "email_taken: another account has the new address by now"
// @Failure 422 {object} Problem "invalid_token: used, expired or unknown; validation_failed"
// @Router /api/v1/auth/email/verify [post]
func (s *Server) verifyEmail(c *fiber.Ctx) error {
	var r OneTimeToken
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	var faults eventra.Faults
	hash := tokenHash(&faults, r.Token)
	if err := faults.Err(); err != nil {
		return err
	}
	if err := s.useVerification(c, hash); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) useVerification(c *fiber.Ctx, token [32]byte) error {
	done, err := s.cfg.Users.VerifyEmail(c.UserContext(), token)
	if err != nil {
		s.logSecurity(c, actionVerify, err)
		return err
	}
	s.logSecurity(c, actionVerify, nil, userAttr(done.UserID))
	return nil
}

// @ID sendVerification
// @Summary Send the verification mail again
// @Description Sends another mail with a link that verifies the account's address; earlier links still work. Nothing is sent if it is verified.
// @Tags auth
// @Security BearerAuth
// @Success 202 "The mail follows"
// @Failure 429 {object} Problem "rate_limited: more than five such mails to the address within an hour, too"
// @Router /api/v1/auth/email/verification [post]
func (s *Server) sendVerification(c *fiber.Ctx) error {
	user, err := s.account(c)
	if err != nil {
		return err
	}
	if !user.Verified {
		written, err := s.cfg.Users.SendAccountMail(c.UserContext(), s.verificationMail(user))
		if err != nil {
			return err
		}
		if !written {
			return tooManyMails()
		}
	}
	c.Status(fiber.StatusAccepted)
	return nil
}

func tooManyMails() error {
	return &eventra.Error{Code: eventra.CodeRateLimited, Message: "too many mails to this address", RetryAfter: accountMailsRetry}
}

// accountMailsRetry is what a caller is told to wait who has asked for too many mails.
const accountMailsRetry = 10 * time.Minute
