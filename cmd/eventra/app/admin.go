package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/auth"
)

// ErrNotAdmin means that the address belongs to a user who is no administrator. The
// person who registered it may be a stranger.
var ErrNotAdmin = errors.New("the address belongs to a user who is no administrator")

// EnsureAdmin creates or keeps the administrator that the configuration names,
// if it does. A user who has registered that address stays a user: to refuse to start
// would let a stranger stop instances.
func (s *Stores) EnsureAdmin(ctx context.Context, cfg *Config, log *slog.Logger) error {
	if cfg.AdminEmail == "" {
		return nil
	}
	_, err := s.PutAdmin(ctx, Admin{Email: cfg.AdminEmail, Name: "Administrator", Password: cfg.AdminPassword}, cfg.PasswordCost)
	if errors.Is(err, ErrNotAdmin) {
		log.Error("EVENTRA_ADMIN_EMAIL is left alone; to make that user an administrator: eventra admin create --promote", "error", err)
		return nil
	}
	return err
}

// Admin is an administrator to be.
type Admin struct {
	Email, Name, Password string
	Promote               bool // also a user who exists
}

// AdminChange is what became of an administrator.
type AdminChange string

// Changes of an administrator.
const (
	AdminMade     AdminChange = "made"
	AdminKept     AdminChange = "has this password already"
	AdminChanged  AdminChange = "has a new password, and all sessions have ended"
	AdminPromoted AdminChange = "was a user, and has the role and a new password; all sessions have ended"
)

// PutAdmin creates an administrator, or gives an existing one a new password, which ends
// all sessions. A user who is no administrator is promoted only if that is asked for;
// otherwise the error is ErrNotAdmin.
func (s *Stores) PutAdmin(ctx context.Context, admin Admin, cost int) (AdminChange, error) {
	var faults eventra.Faults
	admin.Email, admin.Password = auth.NormalizeEmail(admin.Email), auth.NormalizePassword(admin.Password)
	eventra.ValidateEmail(&faults, "email", admin.Email)
	eventra.ValidatePassword(&faults, "password", admin.Password, admin.Email)
	eventra.ValidateName(&faults, "name", admin.Name)
	if len(faults) > 0 {
		return "", fmt.Errorf("administrator %s: %s %s", admin.Email, faults[0].Field, faults[0].Message)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(admin.Password), cost)
	if err != nil {
		return "", err
	}
	found, err := s.Postgres.UserByEmail(ctx, admin.Email)
	if eventra.CodeOf(err) == eventra.CodeNotFound {
		err = s.Postgres.CreateUser(ctx, &eventra.User{ID: eventra.ID(uuid.Must(uuid.NewV7())), Email: admin.Email, Name: admin.Name,
			Role: eventra.RoleAdmin, PasswordHash: hash, CreatedAt: time.Now(), Verified: true})
		if eventra.CodeOf(err) != eventra.CodeEmailTaken {
			return AdminMade, err
		}
		found, err = s.Postgres.UserByEmail(ctx, admin.Email) // another instance has just added it
	}
	if err != nil {
		return "", err
	}
	return s.changeToAdmin(ctx, found, admin, hash)
}

// changeToAdmin changes nothing, and so ends no session, if all is as it should be.
func (s *Stores) changeToAdmin(ctx context.Context, found *eventra.User, admin Admin, hash []byte) (AdminChange, error) {
	change := AdminChanged
	switch {
	case found.Role != eventra.RoleAdmin && !admin.Promote:
		return "", fmt.Errorf("administrator %s: %w", admin.Email, ErrNotAdmin)
	case found.Role != eventra.RoleAdmin:
		change = AdminPromoted
	case bcrypt.CompareHashAndPassword(found.PasswordHash, []byte(admin.Password)) == nil:
		return AdminKept, nil
	}
	if err := s.Postgres.MakeAdmin(ctx, found.ID, hash); err != nil {
		return "", err
	}
	if s.Redis == nil {
		return change, nil // instances read the denial from the database within a second
	}
	_ = s.Redis.AnnounceDenial(ctx, eventra.Denial{Subject: found.ID, BelowVersion: found.TokenVersion + 1,
		ExpiresAt: time.Now().Add(auth.AccessTokenLife)})
	return change, nil
}
