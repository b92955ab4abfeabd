package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/persistence/redis"
)

type mailCommand struct {
	Dead  mailDeadCommand  `cmd:"" help:"List dead letters: mails that were retried too often."`
	Retry mailRetryCommand `cmd:"" help:"Retry dead letters: the oldest thousand tickets, account mails and other mails each."`
}

type mailDeadCommand struct{}

// Run lists dead letters.
func (mailDeadCommand) Run(ctx context.Context) error {
	return withMailQueue(func(q *redis.MailQueue) error {
		letters, err := q.DeadLetters(ctx)
		if err != nil {
			return err
		}
		if len(letters) == 0 {
			_, err = fmt.Println("no dead letters")
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
		fmt.Fprintln(table, "MAIL\tKIND\tFAILED AT\tERROR")
		for _, l := range letters {
			fmt.Fprintf(table, "%v\t%v\t%v\t%v\n", l.Mail, l.Mail.Kind, l.FailedAt, l.Error)
		}
		return table.Flush()
	})
}

type mailRetryCommand struct{}

// Run moves the dead letters of one list back into the queue, after the audit log has noted each of them.
func (mailRetryCommand) Run(ctx context.Context) error {
	ctx = asCommand(ctx)
	return withMailQueue(func(q *redis.MailQueue) error {
		letters, err := q.DeadLetters(ctx)
		if err != nil {
			return err
		}
		if err := noteRetry(ctx, letters); err != nil {
			return err
		}
		n, err := q.RetryMails(ctx, letters)
		if err != nil {
			return err
		}
		left, err := q.Stats(ctx)
		if err == nil {
			_, err = fmt.Printf("%d mails will be tried again, %d are dead still\n", n, left.Dead)
		}
		return err
	})
}

// noteRetry writes an entry of the audit log for each of the letters.
func noteRetry(ctx context.Context, letters []eventra.DeadMail) error {
	if len(letters) == 0 {
		return nil
	}
	cfg, err := app.LoadSettings("POSTGRES_URL")
	if err != nil {
		return err
	}
	stores, err := app.OpenAccounts(ctx, cfg)
	if err != nil {
		return err
	}
	defer stores.Close()
	entries := make([]eventra.AuditEntry, len(letters))
	for i, l := range letters {
		entries[i] = eventra.ActorOf(ctx).AboutMail(eventra.AuditMailRetry, l.Mail, l.AuditFacts())
	}
	return stores.Postgres.AppendAudit(ctx, entries...)
}

func withMailQueue(do func(*redis.MailQueue) error) error {
	cfg, err := app.LoadSettings("REDIS_URL")
	if err != nil {
		return err
	}
	cfg.Logger()
	db, err := redis.Open(cfg.RedisURL)
	if err != nil {
		return err
	}
	defer db.Close()
	queue := redis.NewMailQueue(db)
	defer queue.Close()
	return do(queue)
}
