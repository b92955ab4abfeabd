package app

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
)

// EnsureAdmin creates or keeps the administrator that the configuration names,
// if it does.
func (s *Stores) EnsureAdmin(ctx context.Context, cfg *Config) error {
	if cfg.AdminEmail == "" {
		return nil
	}
	return s.PutAdmin(ctx, cfg.AdminEmail, "Administrator", cfg.AdminPassword, cfg.PasswordCost)
}

// PutAdmin creates an administrator, or gives an existing user that role and a
// new password.
func (s *Stores) PutAdmin(ctx context.Context, email, name, password string, cost int) error {
	var faults eventra.Faults
	email = eventra.NormalizeEmail(email)
	eventra.ValidateEmail(&faults, "email", email)
	eventra.ValidatePassword(&faults, "password", password)
	eventra.ValidateName(&faults, "name", name)
	if len(faults) > 0 {
		return fmt.Errorf("administrator %s: %s %s", email, faults[0].Field, faults[0].Message)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return s.Postgres.EnsureAdmin(ctx, &eventra.User{ID: eventra.ID(id), Email: email, Name: name,
		Role: eventra.RoleAdmin, PasswordHash: hash, CreatedAt: time.Now()})
}
