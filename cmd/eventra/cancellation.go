package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/cmd/eventra/app"
)

type cancellationCommand struct {
	Start cancellationStartCommand `cmd:"" help:"Refund the buyers of an event that was cancelled by a release that refunded nobody."`
}

type cancellationStartCommand struct {
	Event  string `arg:"" help:"The event's id."`
	Reason string `help:"What the mails to the buyers say."`
}

// Run starts the refunds. The running instances carry them out.
func (c cancellationStartCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadSettings("POSTGRES_URL")
	if err != nil {
		return err
	}
	cfg.Logger()
	event, err := eventra.ParseID(c.Event)
	if err != nil {
		return err
	}
	order := eventra.CancelOrder{Reason: c.Reason}
	var faults eventra.Faults
	if order.Validate(&faults); faults != nil {
		return faults.Err()
	}
	stores, err := app.OpenAccounts(ctx, cfg)
	if err != nil {
		return err
	}
	defer stores.Close()
	started, err := stores.Postgres.RefundBuyers(asCommand(ctx), event, order.Reason)
	if err == nil && !started {
		err = errors.New("the event is not cancelled, or its refunds were started before")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Println("the buyers will be refunded; GET /api/v1/events/" + c.Event + "/cancellation tells how far that is")
	return err
}
