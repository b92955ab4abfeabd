package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/loadtest/bench/wrk"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/http1"
)

func refuse(ctx context.Context, b *bench) error {
	return b.with(ctx, true, func() error {
		for _, connections := range b.Connections {
			if err := b.compare(ctx, fmt.Sprintf("%d connections", connections),
				b.refusals("eventra", b.System.Eventra, connections), b.refusals("reference", b.System.Reference, connections),
				b.noops(connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

func noop(ctx context.Context, b *bench) error {
	return b.with(ctx, true, func() error {
		for _, connections := range b.Connections {
			if err := b.compare(ctx, fmt.Sprintf("%d connections", connections), b.noops(connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

// soldOut is the size of the event that is sold out before the run.
var soldOut = client.House{Rows: 10, SeatsPerRow: seatsPerRow}

func (b *bench) refusals(name string, at *system.Server, connections int) variant {
	return variant{name: name, at: at, what: refused, prepare: func(ctx context.Context) (measurement, error) {
		sales, err := b.OpenSales(ctx, at, soldOut)
		if err != nil {
			return nil, err
		}
		if err := b.sell(at, sales[0], sales[0].Size()); err != nil {
			return nil, err
		}
		script, err := b.script(at, sales, 1)
		if err != nil {
			return nil, err
		}
		script.Endless = true
		return runWrk(at, script.Script(), connections, b.For), nil
	}}
}

func (b *bench) noops(connections int) variant {
	return variant{name: "noop", at: b.System.Reference, what: answered, prepare: func(context.Context) (measurement, error) {
		tokens, err := b.Tokens(b.System.Reference)
		if err != nil {
			return nil, err
		}
		script := &wrk.Gets{Host: b.System.Reference.Target.Address(), Path: "/noop", Tokens: tokens}
		return runWrk(b.System.Reference, script.Script(), connections, b.For), nil
	}}
}

// sellConnections is the number of connections that hold seats before a run.
const sellConnections = 32

// sell holds the first seats of an event, ten at a time.
func (b *bench) sell(at *system.Server, sale *client.Sale, seats int) error {
	const group = 10
	tokens, err := b.Tokens(at)
	if err != nil {
		return err
	}
	generator := loadgen.Generator{Address: at.Target.Address(), Connections: sellConnections}
	result := generator.Count(int64(seats/group), func(w *loadgen.Worker, i int64) {
		names := make([]string, group)
		for n := range names {
			names[n] = sale.Seat(int(i)*group + n)
		}
		w.Do(holdRequest(tokens[int(i)%len(tokens)], sale.ID, names...), time.Time{})
	})
	if result.Accepted() != int64(seats/group) {
		return fmt.Errorf("hold %d seats before the run: %s, errors %d", seats, result.Outcomes(), result.Errors)
	}
	return nil
}

// holdRequest returns a request that holds seats.
func holdRequest(token, event string, seats ...string) *http1.Request {
	body := append(make([]byte, 0, 128), `{"eventId":"`...)
	body = append(append(body, event...), `","seats":["`...)
	for i, seat := range seats {
		if i > 0 {
			body = append(body, `","`...)
		}
		body = append(body, seat...)
	}
	return postRequest("/api/v1/bookings", token, append(body, `"]}`...))
}

func postRequest(path, token string, body []byte) *http1.Request {
	return &http1.Request{Method: "POST", Path: path, Body: body,
		Header: []string{"Content-Type: application/json", "Authorization: Bearer " + token}}
}
