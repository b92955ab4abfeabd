package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/mailsink"
	"github.com/eventra/eventra/test/wait"
)

var smtpHangs = harness.Scenario{
	Name:  "smtp-hangs",
	Title: "the mail server takes connections and answers nothing for 40 s: sales go on, and each mail arrives once",
	Run:   runSMTPHangs,
}

const (
	mailsSteadyFor, mailsHangFor = 15 * time.Second, 40 * time.Second
	// hangSlowestMax bounds an answer while the mail server hangs.
	hangSlowestMax = 2 * time.Second
	// mailsArriveMax outlasts the longest pause between the tries of a mail that the drill leads to.
	mailsArriveMax = 3 * time.Minute
)

func runSMTPHangs(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	server, err := mailsink.Open()
	if err != nil {
		return err
	}
	defer server.Close()
	settings := *s
	settings.Stores.SMTPURL = server.URL()
	c, err := harness.New(ctx, &settings, r, 2)
	if err != nil {
		return err
	}
	return sellDuring(ctx, c, func(rush *rush) error {
		answered, err := hangMails(ctx, c, server)
		if err != nil {
			return err
		}
		rush.stop()
		return judgeMails(ctx, c, server, answered)
	})
}

// hangMails lets the mail server hang, compares the sale with that of before, and returns when
// the server answered again.
func hangMails(ctx context.Context, c *harness.Cluster, server *mailsink.Sink) (answered time.Time, err error) {
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return answered, err
	}
	steady := time.Now()
	if err := wait.Sleep(ctx, mailsSteadyFor); err != nil {
		return answered, err
	}
	server.Hang(true)
	hung, before := time.Now(), len(server.Messages())
	c.Say("the mail server hangs, after %d mails", before)
	if err := wait.Sleep(ctx, mailsHangFor); err != nil {
		return answered, err
	}
	waiting := 0
	if err := c.DB.QueryRow(ctx, "SELECT count(*) FROM outbox WHERE sent_at IS NULL").Scan(&waiting); err != nil {
		return answered, err
	}
	c.Figure("mails at the end of it", "%d wait, %d arrived meanwhile", waiting, len(server.Messages())-before)
	answered = time.Now()
	server.Hang(false)
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return answered, err
	}
	all := c.Operations()
	for _, kind := range []client.Kind{client.Hold, client.Pay} {
		during := all.Of(kind).Between(hung, answered)
		c.Figure(string(kind)+" in a steady phase", "%s", describe(all.Of(kind).Between(steady, hung)))
		c.Figure(string(kind)+" while it hung", "%s", describe(during))
		if failed := len(during.Failed()); failed > 0 || during.Slowest() > hangSlowestMax {
			c.Fail("%d operations (%s) failed while the mail server hung, the slowest took %.2f s", failed, kind, during.Slowest().Seconds())
		}
	}
	c.SayFailures(all, hung)
	return answered, nil
}

// describe says how many operations of one kind there were, and how they ended.
func describe(ops load.Operations) string {
	granted := ops.Where((*client.Operation).Succeeded)
	return fmt.Sprintf("%d, %.1f %% granted, %d failed, slowest answer %.2f s", len(ops), 100*float64(len(granted))/float64(max(len(ops), 1)),
		len(ops.Failed()), ops.Slowest().Seconds())
}

// judgeMails waits until the tickets of each confirmed booking have arrived, and requires that they did so once. A dead mail
// would be missing.
func judgeMails(ctx context.Context, c *harness.Cluster, server *mailsink.Sink, answered time.Time) error {
	rows, err := c.DB.Query(ctx, "SELECT id::text FROM bookings WHERE status = 'CONFIRMED'")
	if err != nil {
		return err
	}
	confirmed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	missing := 0
	err = wait.Until(ctx, mailsArriveMax, "the mails to arrive", func() bool {
		copies := copiesByBooking(server)
		missing = 0
		for _, booking := range confirmed {
			if copies[booking] == 0 {
				missing++
			}
		}
		return missing == 0
	})
	if err != nil {
		c.Fail("%d of %d mails: %v", missing, len(confirmed), err)
	}
	took := time.Since(answered)
	err = wait.Until(ctx, lostMailsMax, "the outbox to be empty", func() bool {
		waiting := 0
		err := c.DB.QueryRow(ctx, "SELECT count(*) FROM outbox WHERE sent_at IS NULL").Scan(&waiting)
		return err == nil && waiting == 0
	})
	if err != nil {
		c.Fail("%v", err)
	}
	second := 0
	for _, copies := range copiesByBooking(server) {
		second += copies - 1
	}
	c.Figure("mails", "%d of %d arrived, %d of them twice; the last %.1f s after the server answered again", len(confirmed)-missing, len(confirmed),
		second, took.Seconds())
	if second > 0 {
		c.Fail("%d mails arrived twice", second)
	}
	return nil
}

// copiesByBooking counts the copies of each booking's tickets.
func copiesByBooking(server *mailsink.Sink) map[string]int {
	copies := map[string]int{}
	for id, message := range server.Messages() {
		if name, _, _ := strings.Cut(id, "@"); !strings.Contains(name, ".") {
			copies[name] = message.Copies
		}
	}
	return copies
}
