package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// ForgottenPassword asks for a mail.
type ForgottenPassword struct {
	Email string `json:"email" format:"idn-email" maxLength:"254" example:"user@eventra.test" validate:"required"`
}

// @ID forgotPassword
// @Summary Ask for a new password
// @Description Sends a mail with a link to set a new password, which works once, within an hour, if an account has the address. The answer and its time are the same whether one has, and whether the address had five such mails within an hour already.
// @Tags auth
// @Param body body ForgottenPassword true "The address of the account"
// @Success 202 "If an account has the address, a mail follows"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/auth/password/forgot [post]
func (s *Server) forgotPassword(c *fiber.Ctx) error {
	var r ForgottenPassword
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	var faults eventra.Faults
	email := auth.NormalizeEmail(r.Email)
	eventra.ValidateEmail(&faults, "email", email)
	if err := faults.Err(); err != nil {
		return err
	}
	// Whose address it is, the mailer finds out.
	mail := &eventra.AccountMail{Kind: eventra.MailReset, Address: email, Token: s.newOneTimeToken(eventra.ResetTokenLife)}
	_, err := s.cfg.Users.SendAccountMail(c.UserContext(), mail)
	s.logSecurity(c, actionForgot, err)
	if err != nil {
		return err
	}
	c.Status(fiber.StatusAccepted)
	return nil
}

// PasswordReset sets a new password by the token of a link in a mail.
type PasswordReset struct {
	Token    string `json:"token" maxLength:"200" validate:"required"`
	Password string `json:"password" format:"password" maxLength:"72" example:"correct horse battery" validate:"required"` // 8 to 72 bytes
}

// @ID resetPassword
// @Summary Set a new password
// @Description Takes the token of the link in a mail. All sessions of the account end, at once and on every instance, and so do all other links in mails to it.
// @Tags auth
// @Param body body PasswordReset true "The token of the link, and the new password"
// @Success 204 "Changed"
// @Failure 422 {object} Problem "invalid_token: used, expired or unknown; validation_failed"
// @Router /api/v1/auth/password/reset [post]
func (s *Server) resetPassword(c *fiber.Ctx) error {
	var r PasswordReset
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	if err := s.useReset(c, &r); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// useReset looks at the token first: nobody has a password hashed without a good one.
func (s *Server) useReset(c *fiber.Ctx, r *PasswordReset) error {
	var faults eventra.Faults
	token := tokenHash(&faults, r.Token)
	eventra.ValidatePassword(&faults, "password", auth.NormalizePassword(r.Password), "")
	if err := faults.Err(); err != nil {
		return err
	}
	email, err := s.cfg.Users.ResetAddress(c.UserContext(), token)
	if err != nil {
		s.logSecurity(c, actionReset, err)
		return err
	}
	eventra.ValidatePassword(&faults, "password", auth.NormalizePassword(r.Password), email)
	if err := faults.Err(); err != nil {
		return err
	}
	hash, err := s.passwords.Hash(c.UserContext(), s.addressOf(c), r.Password)
	if err != nil {
		return err
	}
	userID, version, err := s.cfg.Users.ResetPassword(c.UserContext(), eventra.PasswordReset{Token: token, Hash: hash})
	if err != nil {
		s.logSecurity(c, actionReset, err)
		return err
	}
	s.logSecurity(c, actionReset, nil, userAttr(userID))
	s.deny(userID, version)
	return nil
}
