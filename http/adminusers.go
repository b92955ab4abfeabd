package http

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
)

// AdminUser is an account as administrators see it.
type AdminUser struct {
	User
	Disabled bool `json:"disabled" example:"false" validate:"required"` // may not sign in
}

// AdminUserPage is one page of a list of accounts.
type AdminUserPage struct {
	Items      []AdminUser `json:"items" validate:"required"`
	NextCursor *string     `json:"nextCursor" extensions:"x-nullable" validate:"required"` // for the next page; null on the last
}

func newAdminUser(u *eventra.User) AdminUser { return AdminUser{newUser(u), u.Disabled} }

// UserPatch changes what an account may do.
type UserPatch struct {
	Role     *string `json:"role,omitzero" enums:"USER,ADMIN" example:"ADMIN"`
	Disabled *bool   `json:"disabled,omitzero" example:"true"`
}

func (p *UserPatch) change() (change eventra.UserChange, err error) {
	var faults eventra.Faults
	if p.Role != nil {
		change.Role = eventra.Role(*p.Role)
		if !change.Role.Valid() {
			faults.Add("role", "unknown", "must be USER or ADMIN")
		}
	}
	change.Disabled = p.Disabled
	return change, faults.Err()
}

// @ID listUsers
// @Summary List the accounts
// @Description By e-mail address, without those that were erased. With `q` those come first whose address begins with it, and then those whose name does, by name; upper and lower case make no difference.
// @Tags back office
// @Security BearerAuth
// @Param q query string false "Beginning of the e-mail address or of the name"
// @Param role query string false "Role" Enums(USER, ADMIN)
// @Param limit query int false "Items on the page" minimum(1) maximum(100) default(20)
// @Param cursor query string false "nextCursor of the previous page"
// @Success 200 {object} AdminUserPage "A page of accounts"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 422 {object} Problem "validation_failed"
// @Router /api/v1/admin/users [get]
func (s *Server) listUsers(c *fiber.Ctx) error {
	q := query{c: c}
	filter := eventra.UserFilter{Text: strings.TrimSpace(q.text("q")), Role: eventra.Role(q.text("role"))}
	if filter.Role != "" && !filter.Role.Valid() {
		q.faults.Add("role", "unknown", "must be USER or ADMIN")
	}
	scope := []string{"users", filter.Text, string(filter.Role)}
	page := q.page(s.cursors, scope...)
	if err := q.faults.Err(); err != nil {
		return err
	}
	admission.ReleaseSlot(c.Context().Conn())
	users, next, err := s.cfg.UserAdmin.ListUsers(c.UserContext(), filter, page)
	if err != nil {
		return err
	}
	list := AdminUserPage{Items: make([]AdminUser, len(users)), NextCursor: s.cursors.seal(next, scope...)}
	for i, u := range users {
		list.Items[i] = newAdminUser(u)
	}
	return reply(c, fiber.StatusOK, &list)
}

// @ID getUser
// @Summary Show an account
// @Description An erased account is not found.
// @Tags back office
// @Security BearerAuth
// @Param userId path string true "User" format(uuid)
// @Success 200 {object} AdminUser "The account"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 404 {object} Problem "not_found"
// @Router /api/v1/admin/users/{userId} [get]
func (s *Server) getUser(c *fiber.Ctx) error {
	id, err := pathID(c, "userId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	user, err := s.cfg.UserAdmin.Account(c.UserContext(), id)
	if err != nil {
		return err
	}
	return reply(c, fiber.StatusOK, newAdminUser(user))
}

// @ID updateUser
// @Summary Change a role, or disable an account
// @Description Takes effect at once, on every instance: another role, disabling and enabling end all sessions and tokens of the account. Its bookings stay as they are. The last administrator who is not disabled stays one.
// @Tags back office
// @Security BearerAuth
// @Param userId path string true "User" format(uuid)
// @Param body body UserPatch true "What to change"
// @Success 200 {object} AdminUser "The account after the change"
// @Failure 403 {object} Problem "forbidden: needs the role ADMIN"
// @Failure 404 {object} Problem "not_found"
// @Failure 409 {object} Problem "last_admin: nobody else could administer then"
// @Failure 422 {object} Problem "validation_failed"
// @x-examples {"disable": {"disabled": true}, "make an administrator": {"role": "ADMIN"}}
// @Router /api/v1/admin/users/{userId} [patch]
func (s *Server) updateUser(c *fiber.Ctx) error {
	id, err := pathID(c, "userId", eventra.CodeNotFound)
	if err != nil {
		return err
	}
	var patch UserPatch
	if err := decodeBody(c, &patch); err != nil {
		return err
	}
	change, err := patch.change()
	if err != nil {
		return err
	}
	change.UserID = id
	user, err := s.cfg.UserAdmin.ChangeUser(c.UserContext(), change)
	if err != nil {
		return err
	}
	// Also if nothing changed: an earlier try may have, unheard.
	s.deny(id, user.TokenVersion)
	return reply(c, fiber.StatusOK, newAdminUser(user))
}
