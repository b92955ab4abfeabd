package main

import (
	"context"
	"fmt"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/cmd/eventra/app"
)

type customerCommand struct {
	Erase customerEraseCommand `cmd:"" help:"Forget the person of a shop's customer; bookings and payments stay."`
}

type customerEraseCommand struct {
	ID string `arg:"" help:"The customer's id, as bookings show it."`
}

// Run erases the customer. An instance that has sold to them within the last minute may still sell to the erased row.
func (c customerEraseCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadSettings("POSTGRES_URL")
	if err != nil {
		return err
	}
	cfg.Logger()
	id, err := eventra.ParseID(c.ID)
	if err != nil {
		return err
	}
	stores, err := app.OpenAccounts(ctx, cfg)
	if err != nil {
		return err
	}
	defer stores.Close()
	if err := stores.Postgres.EraseCustomer(asCommand(ctx), id); err != nil {
		return err
	}
	_, err = fmt.Println("customer", id, "is erased")
	return err
}
