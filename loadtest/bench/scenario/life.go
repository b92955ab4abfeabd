package scenario

import (
	"context"
	"fmt"

	"github.com/eventra/eventra/loadtest/bench/stats"
)

// lives counts pairs of requests: a hold and its payment.
var lives = outcome{"lives", func(r *stats.Result) int64 { return r.Accepted() / 2 }, (*stats.Result).Refused}

func life(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			if err := b.compare(ctx, fmt.Sprintf("%d connections; times are those of single requests", connections), b.lives(connections)); err != nil {
				return err
			}
			b.sayMails(ctx)
		}
		return nil
	})
}

func (b *bench) lives(connections int) variant {
	at := b.System.Eventra
	return variant{name: "eventra", at: at, what: lives, prepare: func(ctx context.Context) (measurement, error) {
		sales, err := b.OpenSales(ctx, at, b.house())
		if err != nil {
			return nil, err
		}
		script, err := b.script(at, sales, 1)
		if err != nil {
			return nil, err
		}
		script.Pays = true
		return runWrk(at, script.Script(), connections, b.For), nil
	}}
}

// sayMails prints how many mails are unsent.
func (b *bench) sayMails(ctx context.Context) {
	unsent, err := b.System.Eventra.Number(ctx, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")
	all, err2 := b.System.Eventra.Number(ctx, "SELECT count(*) FROM outbox")
	if err != nil || err2 != nil {
		b.fail("count the mails: %v %v", err, err2)
		return
	}
	b.say("  %d of %d mails are unsent", unsent, all)
}
