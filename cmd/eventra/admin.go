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
	"github.com/eventra/eventra/http/auth"
)

type adminCommand struct {
	Create adminCreateCommand `cmd:"" help:"Make an administrator, or give an existing one a new password, which ends all sessions. The password is read from standard input."`
}

type adminCreateCommand struct {
	Email string `arg:"" help:"The administrator's e-mail address."`
	Name  string `help:"The administrator's name." default:"Administrator"`

	Promote bool `help:"If the address belongs to a user, give that user the role and the new password. A stranger may have registered the address."`
}

// asCommand makes a subcommand what the audit log names.
func asCommand(ctx context.Context) context.Context {
	return eventra.WithActor(ctx, eventra.Actor{Kind: eventra.ActorCommand})
}

// Run makes the administrator from the password on standard input.
func (c adminCreateCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadSettings("POSTGRES_URL")
	if err != nil {
		return err
	}
	cfg.Logger()
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if password = strings.TrimRight(password, "\r\n"); password == "" {
		return errors.Join(errors.New("no password on standard input"), err)
	}
	stores, err := app.OpenAccounts(ctx, cfg)
	if err != nil {
		return err
	}
	defer stores.Close()
	admin := app.Admin{Email: c.Email, Name: c.Name, Password: password, Promote: c.Promote}
	change, err := stores.PutAdmin(asCommand(ctx), admin, cfg.PasswordCost)
	if errors.Is(err, app.ErrNotAdmin) {
		err = fmt.Errorf("%w; --promote makes that user an administrator all the same", err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Printf("administrator %s: %s\n", auth.NormalizeEmail(c.Email), change)
	return err
}
