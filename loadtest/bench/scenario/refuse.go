package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/drive"
	"github.com/eventra/eventra/loadtest/bench/stage"
	"github.com/eventra/eventra/loadtest/bench/wrk"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/http1"
)

func refuse(ctx context.Context, b *bench) error {
	return b.with(ctx, true, func() error {
		for _, connections := range b.Connections {
			if err := b.contest(ctx, fmt.Sprintf("%d connections", connections),
				b.refusals("eventra", b.Stage.Eventra, connections), b.refusals("reference", b.Stage.Reference, connections),
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
			if err := b.contest(ctx, fmt.Sprintf("%d connections", connections), b.noops(connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

// soldOut is a small house: who asks for its seats is refused.
var soldOut = client.House{Rows: 10, SeatsPerRow: seatsPerRow}

func (b *bench) refusals(name string, at *stage.Server, connections int) contender {
	return contender{name: name, at: at, what: refused, prepare: func(ctx context.Context) (measured, error) {
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
		return wrkDrive(at, script.Script(), connections, b.For), nil
	}}
}

func (b *bench) noops(connections int) contender {
	return contender{name: "noop", at: b.Stage.Reference, what: answered, prepare: func(context.Context) (measured, error) {
		tokens, err := b.Tokens()
		if err != nil {
			return nil, err
		}
		script := &wrk.Gets{Host: b.Stage.Reference.Target.Address(), Path: "/noop", Tokens: tokens}
		return wrkDrive(b.Stage.Reference, script.Script(), connections, b.For), nil
	}}
}

// sellConnections fill houses beforehand.
const sellConnections = 32

// sell holds the first seats of a house, ten at a time.
func (b *bench) sell(at *stage.Server, sale *client.Sale, seats int) error {
	const group = 10
	tokens, err := b.Tokens()
	if err != nil {
		return err
	}
	crowd := drive.Crowd{Address: at.Target.Address(), Connections: sellConnections}
	result := crowd.Count(int64(seats/group), func(w *drive.Worker, i int64) {
		names := make([]string, group)
		for n := range names {
			names[n] = sale.Seat(int(i)*group + n)
		}
		w.Do(holdRequest(tokens[int(i)%len(tokens)], sale.ID, names...), time.Time{})
	})
	if result.Accepted() != int64(seats/group) {
		return fmt.Errorf("fill a house: %s, errors %d", result.Outcomes(), result.Errors)
	}
	return nil
}

// holdRequest asks for seats.
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
