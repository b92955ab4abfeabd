package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
)

type adminCommand struct {
	Create adminCreateCommand `cmd:"" help:"Make an administrator, or give an existing user that role and a new password. The password is read from standard input."`
}

type adminCreateCommand struct {
	Email string `arg:"" help:"The administrator's e-mail address."`
	Name  string `help:"The administrator's name." default:"Administrator"`
}

// Run makes the administrator.
func (c adminCreateCommand) Run(ctx context.Context) error {
	cfg, err := loadConfig()
	if err != nil {
		return err
	}
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if password = strings.TrimRight(password, "\r\n"); password == "" {
		return errors.Join(errors.New("no password on standard input"), err)
	}
	stores, err := openStores(ctx, cfg, cfg.logger())
	if err != nil {
		return err
	}
	defer stores.Close()
	if err := putAdmin(ctx, stores, c.Email, c.Name, password, cfg.PasswordCost); err != nil {
		return err
	}
	_, err = fmt.Println("administrator", eventra.NormalizeEmail(c.Email))
	return err
}

// ensureAdmin makes or keeps the administrator that the configuration names.
func ensureAdmin(ctx context.Context, cfg *Config, s *stores) error {
	if cfg.AdminEmail == "" {
		return nil
	}
	return putAdmin(ctx, s, cfg.AdminEmail, "Administrator", cfg.AdminPassword, cfg.PasswordCost)
}

func putAdmin(ctx context.Context, s *stores, email, name, password string, cost int) error {
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
	return s.postgres.EnsureAdmin(ctx, &eventra.User{ID: eventra.ID(id), Email: email, Name: name,
		Role: eventra.RoleAdmin, PasswordHash: hash, CreatedAt: time.Now()})
}
