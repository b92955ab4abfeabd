package http

import (
	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// NewPassword replaces the password of an account.
type NewPassword struct {
	Current  string `json:"current" format:"password" example:"demo-user-password" validate:"required"`
	Password string `json:"password" format:"password" maxLength:"72" example:"correct horse battery" validate:"required"` // 8 to 72 bytes
}

// @ID changePassword
// @Summary Change my password
// @Description All other sessions of the account end, at once and on every instance. This session goes on, but its access tokens end, too: refresh it. A mail tells the owner of the account. A wrong current password counts as a failed sign-in.
// @Tags auth
// @Security BearerAuth
// @Param body body NewPassword true "The current and the new password"
// @Success 204 "Changed"
// @Failure 422 {object} Problem "validation_failed, also for a wrong current password"
// @Router /api/v1/auth/password [post]
func (s *Server) changePassword(c *fiber.Ctx) error {
	var r NewPassword
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	caller := callerOf(c)
	user, err := s.account(c)
	if err != nil {
		return err
	}
	if err := r.validate(user.Email); err != nil {
		return err
	}
	err = s.replacePassword(c, user, &r)
	s.logSecurity(c, actionPassword, err, userAttr(user.ID), sessionAttr(caller.SessionID))
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (r *NewPassword) validate(email string) error {
	var faults eventra.Faults
	if r.Current == "" {
		faults.Add("current", "required", "is required")
	}
	eventra.ValidatePassword(&faults, "password", auth.NormalizePassword(r.Password), email)
	return faults.Err()
}

// replacePassword checks the current password, and stores the new one for the user as that
// check found it.
func (s *Server) replacePassword(c *fiber.Ctx, user *eventra.User, r *NewPassword) error {
	if err := s.checkPassword(c, user, user.Email, r.Current); err != nil {
		return wrongPassword("current", err)
	}
	hash, err := s.passwords.Hash(c.UserContext(), s.addressOf(c), r.Password)
	if err != nil {
		return err
	}
	version, err := s.cfg.Users.ChangePassword(c.UserContext(), eventra.PasswordChange{
		UserID: user.ID, TokenVersion: user.TokenVersion, Hash: hash, KeptSession: callerOf(c).SessionID})
	if err != nil {
		return wrongPassword("current", err)
	}
	s.deny(user.ID, version)
	return nil
}

// wrongPassword makes a wrong password a fault of the request's body: the caller is known, so
// 401 would send the client to sign in again.
func wrongPassword(field string, err error) error {
	if eventra.CodeOf(err) != eventra.CodeInvalidCredentials {
		return err
	}
	var faults eventra.Faults
	faults.Add(field, "wrong", "is not the password of the account")
	return faults.Err()
}
