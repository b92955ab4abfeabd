package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/persistence/catalog"
	"github.com/eventra/eventra/persistence/postgres"
)

type restoredCommand struct {
	DryRun bool      `help:"Only say what there is to do."`
	Force  bool      `help:"Go on although instances or other commands are connected to the database."`
	Since  time.Time `help:"The point that the database was restored to, if it was changed after the restore: 2026-11-28T14:03:00Z. Otherwise its last change tells."`

	cfg *app.Config
	log *slog.Logger
}

// Run makes a database safe that was restored to an earlier point, and says what its
// operator has to look at: docs/runbooks/restore.md has the whole procedure.
func (c *restoredCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadSettings("POSTGRES_URL", "MONGO_URL", "REDIS_URL")
	if err != nil {
		return err
	}
	c.cfg, c.log = cfg, cfg.Logger()
	if err := c.requireQuiet(ctx); err != nil {
		return err
	}
	stores, err := app.OpenStores(ctx, cfg, c.log)
	if err != nil {
		return err
	}
	defer stores.Close()
	if c.DryRun {
		fmt.Println("DRY RUN: nothing is changed")
	}
	ctx = asCommand(ctx)
	if err := c.postgres(ctx, stores); err != nil {
		return fmt.Errorf("not finished; repeat the command: %w", err)
	}
	// None of these waits for another: one refund that the gateway refuses keeps no store as it is.
	if err := errors.Join(c.money(ctx, stores), c.redis(ctx, stores), c.mongo(ctx, stores)); err != nil {
		return fmt.Errorf("not finished; repeat the command, with --since=%s if an instance has run by then: %w", c.Since.Format(time.RFC3339Nano), err)
	}
	return nil
}

// requireQuiet refuses to go on while an instance is connected.
func (c *restoredCommand) requireQuiet(ctx context.Context) error {
	db, err := postgres.Open(ctx, c.cfg.PostgresURL, postgres.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.CheckSchema(ctx); err != nil {
		return err
	}
	others, err := db.Connections(ctx)
	if err == nil && others > 0 && !c.Force {
		err = fmt.Errorf("%d connections of instances or other commands to the database: stop them first, or use --force", others)
	}
	return err
}

func (c *restoredCommand) postgres(ctx context.Context, stores *app.Stores) error {
	r, err := stores.Postgres.MakeSafe(ctx, c.DryRun)
	if err != nil {
		return err
	}
	if c.Since.IsZero() {
		c.Since = r.LastChange
	}
	fmt.Println("PostgreSQL")
	if r.LastChange.IsZero() {
		return errors.New("the database is empty")
	}
	item("its last change is of %s, %s ago: what came later is lost", r.LastChange.Format(time.RFC3339Nano),
		time.Since(r.LastChange).Round(time.Second))
	item("%d events: epochs and versions raised, so that no instance of before can write", r.Events)
	item("%d holds: those that are overdue end when an instance runs", r.Holds)
	item("%d open payments and %d open refunds: reconciled with the gateway when an instance runs", r.Payments, r.Refunds)
	item("%d sessions of %d users: ended, since they may have been logged out; people log in again", r.Sessions, r.Users)
	item("%d links in mails: no longer good, since they may have been used; people ask for others", r.Links)
	item("%d mails that were unsent: they are sent, perhaps a second time", r.MailsUnsent)
	item("%d API keys are good, also if they were revoked since: revoke those again; keys that were made since are gone", len(r.APIKeys))
	for _, key := range r.APIKeys {
		used := "never used"
		if !key.UsedAt.IsZero() {
			used = "last used " + key.UsedAt.Format(time.RFC3339)
		}
		detail("%v %s, %s", key.ID, key.Name, used)
	}
	item("%d administrators may sign in with the passwords of then, also if they were disabled or lost the role since", len(r.Administrators))
	for _, address := range r.Administrators {
		detail("%s", address)
	}
	return nil
}

func (c *restoredCommand) money(ctx context.Context, stores *app.Stores) error {
	found, err := app.RestoreMoney(ctx, c.cfg, stores, c.log, c.Since, c.DryRun)
	if found == nil {
		return err
	}
	fmt.Println("Payment gateway")
	item("%d charges have no payment here: returned to their payers, who have nothing for them", len(found.Charges))
	for _, p := range found.Charges {
		detail("payment %v, event %v, %d %s", p.ID, p.EventID, p.Amount.Amount, p.Amount.Currency)
	}
	item("%d bookings were confirmed here, though their money had gone back: refunded again", len(found.Bookings))
	for _, id := range found.Bookings {
		detail("booking %v", id)
	}
	item("%d refunds in part were not known here: added to their payments; which tickets they were for is lost", len(found.Parts))
	for _, r := range found.Parts {
		detail("booking %v, %d %s, %s", r.BookingID, r.Amount.Amount, r.Amount.Currency, r.Status)
	}
	return errors.Join(append(found.Failed, err)...)
}

func (c *restoredCommand) redis(ctx context.Context, stores *app.Stores) error {
	found, err := stores.Redis.Forget(ctx, c.DryRun)
	if err != nil {
		return err
	}
	fmt.Println("Redis")
	item("forgotten: %d locks, %d keys of holds, %d cached pages, %d jobs of mails", found.Locks, found.Holds, found.Pages, found.Jobs)
	return nil
}

func (c *restoredCommand) mongo(ctx context.Context, stores *app.Stores) error {
	d, err := catalog.CatchUp(ctx, stores.Mongo, stores.Postgres, c.DryRun)
	if err != nil {
		return err
	}
	fmt.Println("MongoDB")
	item("%d events have changed since: their terms are copied when an instance runs, and the buyers of cancelled ones are refunded", d.Later)
	listEvents(d.Missing, "events were made since: they come back without their seats and bookings; add the seats again:")
	listEvents(d.Earlier, "events are older here than in PostgreSQL: MongoDB was restored to an earlier point; restore it to the same one:")
	listEvents(d.Gone, "sales have no event: it was deleted since, or MongoDB lacks it:")
	return nil
}

func listEvents(events []eventra.EventVersion, what string) {
	if len(events) == 0 {
		return
	}
	item("%d %s", len(events), what)
	for _, e := range events {
		detail("%v %s", e.ID, e.Title)
	}
}

func item(format string, args ...any) { fmt.Printf("  "+format+"\n", args...) }

func detail(format string, args ...any) { fmt.Printf("    "+format+"\n", args...) }
