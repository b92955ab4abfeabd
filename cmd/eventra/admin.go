package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/cmd/eventra/app"
)

type adminCommand struct {
	Create adminCreateCommand `cmd:"" help:"Make an administrator, or give an existing user that role and a new password. The password is read from standard input."`
}

type adminCreateCommand struct {
	Email string `arg:"" help:"The administrator's e-mail address."`
	Name  string `help:"The administrator's name." default:"Administrator"`
}

// Run makes the administrator from the password on standard input.
func (c adminCreateCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadConfig()
	if err != nil {
		return err
	}
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if password = strings.TrimRight(password, "\r\n"); password == "" {
		return errors.Join(errors.New("no password on standard input"), err)
	}
	stores, err := app.OpenStores(ctx, cfg, cfg.Logger())
	if err != nil {
		return err
	}
	defer stores.Close()
	if err := stores.PutAdmin(ctx, c.Email, c.Name, password, cfg.PasswordCost); err != nil {
		return err
	}
	_, err = fmt.Println("administrator", eventra.NormalizeEmail(c.Email))
	return err
}
