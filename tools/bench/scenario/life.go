package scenario

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/tools/bench/drive"
	"github.com/eventra/eventra/tools/bench/figures"
	"github.com/eventra/eventra/tools/clustertest/client"
)

// lives counts pairs of requests: a hold and its payment.
var lives = outcome{"lives", func(r *figures.Result) int64 { return r.Accepted() / 2 }, (*figures.Result).Refused}

func life(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		for _, connections := range b.Connections {
			if err := b.contest(ctx, fmt.Sprintf("%d connections; times are those of single requests", connections), b.lives(connections)); err != nil {
				return err
			}
			b.sayMails(ctx)
		}
		return nil
	})
}

func (b *bench) lives(connections int) contender {
	at := b.Stage.Eventra
	return contender{name: "eventra", at: at, what: lives, prepare: func(ctx context.Context) (measured, error) {
		sales, err := b.OpenSales(ctx, at, b.house())
		if err != nil {
			return nil, err
		}
		tokens, err := b.Tokens()
		if err != nil {
			return nil, err
		}
		return func(context.Context) (figures.Result, error) {
			crowd := drive.Crowd{Address: at.Target.Address(), Connections: connections}
			return crowd.For(b.For, func(w *drive.Worker, i int64) {
				buyAt(w, tokens[int(i)%len(tokens)], sales[0], int(i))
			}), nil
		}, nil
	}}
}

var payment = []byte(`{"method":"mock","token":"tok_ok"}`)

// buyAt holds a seat and pays for it.
func buyAt(w *drive.Worker, token string, sale *client.Sale, seat int) {
	held := w.Do(holdRequest(token, sale.ID, sale.Seat(seat)), time.Time{})
	if held == nil || held.Status != 201 {
		return
	}
	w.Do(postRequest("/api/v1/bookings/"+idOf(held.Body)+"/payments", token, payment), time.Time{})
}

// idOf finds a booking's id, its first field, without reading all the rest.
func idOf(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte(`"id":"`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}

// sayMails tells how far the mails are behind.
func (b *bench) sayMails(ctx context.Context) {
	unsent, err := b.Stage.Eventra.Number(ctx, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")
	all, err2 := b.Stage.Eventra.Number(ctx, "SELECT count(*) FROM outbox")
	if err != nil || err2 != nil {
		b.fault("count the mails: %v %v", err, err2)
		return
	}
	b.say("  %d of %d mails are still to be sent", unsent, all)
}
