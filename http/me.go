package http

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// AccountChange changes an account. What is missing stays.
type AccountChange struct {
	Name     *string `json:"name,omitzero" minLength:"1" maxLength:"100" example:"Ada King"`
	Email    *string `json:"email,omitzero" format:"idn-email" maxLength:"254" example:"ada.king@example.com"`
	Password *string `json:"password,omitzero" format:"password" example:"demo-user-password"` // the account's, with a new address
}

func (r *AccountChange) validate() error {
	var faults eventra.Faults
	if r.Name != nil {
		*r.Name = auth.NormalizeName(*r.Name)
		eventra.ValidateName(&faults, "name", *r.Name)
	}
	if r.Email != nil {
		*r.Email = auth.NormalizeEmail(*r.Email)
		eventra.ValidateEmail(&faults, "email", *r.Email)
	}
	switch {
	case r.Email != nil && (r.Password == nil || *r.Password == ""):
		faults.Add("password", "required", "is required with another address: the one that the account has")
	case r.Email == nil && r.Password != nil:
		faults.Add("password", "unexpected", "goes with another address; POST /api/v1/auth/password changes the password")
	}
	return faults.Err()
}

// @ID changeMe
// @Summary Change my account
// @Description A name counts at once. A new address needs the account's password and counts once a link in a mail to it was followed; until then the account has the old one, which is told by another mail. For 24 hours a link in that sets a new password, stops the change, and undoes it if it was made. Whether another account has the new address, the answer does not say.
// @Tags auth
// @Security BearerAuth
// @Param body body AccountChange true "What changes"
// @Success 200 {object} User "The account"
// @Failure 422 {object} Problem "validation_failed, also for a wrong password"
// @Failure 429 {object} Problem "rate_limited: more than five such mails to an address within an hour, too"
// @Router /api/v1/auth/me [patch]
func (s *Server) changeMe(c *fiber.Ctx) error {
	var r AccountChange
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	if err := r.validate(); err != nil {
		return err
	}
	user, err := s.account(c)
	if err != nil {
		return err
	}
	if r.Email != nil && *r.Email != user.Email {
		err := s.askForAddress(c, user, *r.Email, *r.Password)
		s.logSecurity(c, actionAddress, err, userAttr(user.ID))
		if err != nil {
			return err
		}
	}
	if r.Name != nil && *r.Name != user.Name {
		if err := s.cfg.Users.RenameUser(c.UserContext(), user.ID, *r.Name); err != nil {
			return err
		}
		renamed := *user
		renamed.Name = *r.Name
		user = &renamed
	}
	return reply(c, fiber.StatusOK, newUser(user))
}

// askForAddress sends the mails of a change of address. An address that was never verified may
// be a stranger's, and is not told.
func (s *Server) askForAddress(c *fiber.Ctx, user *eventra.User, address, password string) error {
	if err := s.checkPassword(c, user, user.Email, password); err != nil {
		return wrongPassword("password", err)
	}
	change := &eventra.AddressChange{UserID: user.ID, TokenVersion: user.TokenVersion,
		Mail: eventra.AccountMail{Kind: eventra.MailChange, Address: address, UserID: user.ID, Token: s.newOneTimeToken(eventra.VerifyTokenLife)}}
	if user.Verified {
		change.Told = &eventra.AccountMail{Kind: eventra.MailChangeAsked, Address: user.Email, UserID: user.ID, Token: s.newOneTimeToken(eventra.VerifyTokenLife)}
	}
	err := s.cfg.Users.AskForAddress(c.UserContext(), change)
	if limited, ok := errors.AsType[*eventra.Error](err); ok && limited.Code == eventra.CodeRateLimited {
		return tooManyMails()
	}
	return wrongPassword("password", err)
}

// CurrentPassword proves that a request is the owner's own.
type CurrentPassword struct {
	Password string `json:"password" format:"password" example:"demo-user-password" validate:"required"`
}

// @ID eraseMe
// @Summary Erase my account
// @Description Name and address are forgotten, and all sessions and links in mails end, at once and on every instance. Bookings and payments stay, without a person; holds end at their deadlines, and no further mail is sent. The address can be registered again. There is no way back.
// @Tags auth
// @Security BearerAuth
// @Param body body CurrentPassword true "The account's password"
// @Success 204 "Erased"
// @Failure 422 {object} Problem "validation_failed, also for a wrong password"
// @Router /api/v1/auth/me [delete]
func (s *Server) eraseMe(c *fiber.Ctx) error {
	var r CurrentPassword
	if err := decodeBody(c, &r); err != nil {
		return err
	}
	var faults eventra.Faults
	if r.Password == "" {
		faults.Add("password", "required", "is required")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	user, err := s.account(c)
	if err != nil {
		return err
	}
	err = s.erase(c, user, r.Password)
	s.logSecurity(c, actionErase, err, userAttr(user.ID))
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) erase(c *fiber.Ctx, user *eventra.User, password string) error {
	if err := s.checkPassword(c, user, user.Email, password); err != nil {
		return wrongPassword("password", err)
	}
	version, err := s.cfg.Users.EraseUser(c.UserContext(), eventra.Erasure{
		UserID: user.ID, TokenVersion: user.TokenVersion, NoPassword: s.passwords.NoPassword()})
	if err != nil {
		return wrongPassword("password", err)
	}
	s.deny(user.ID, version)
	return nil
}
