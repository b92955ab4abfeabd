package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/loadtest/bench/wrk"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/http1"
)

// mapHouse is a seat map's of the size of a concert hall.
var mapHouse = client.House{Rows: 50, SeatsPerRow: seatsPerRow}

// acceptEncoding is what browsers send.
const acceptEncoding = "Accept-Encoding: gzip, deflate, br"

func map304(ctx context.Context, b *bench) error {
	return seatMaps(ctx, b, func(known string) []string { return []string{acceptEncoding, "If-None-Match: " + known} })
}

func mapFull(ctx context.Context, b *bench) error {
	return seatMaps(ctx, b, func(string) []string { return []string{acceptEncoding} })
}

// seatMaps asks for one map, with header fields that may rest on what the
// client knows, and compares it with the no-op of the reference server.
func seatMaps(ctx context.Context, b *bench, header func(known string) []string) error {
	return b.with(ctx, true, func() error {
		for _, connections := range b.Connections {
			if err := b.contest(ctx, fmt.Sprintf("%d connections, %d seats", connections, mapHouse.Size()),
				b.seatMap(connections, header), b.noops(connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) seatMap(connections int, header func(known string) []string) contender {
	at := b.Stage.Eventra
	return contender{name: "eventra", at: at, what: answered, prepare: func(ctx context.Context) (measured, error) {
		sales, err := b.OpenSales(ctx, at, mapHouse)
		if err != nil {
			return nil, err
		}
		if err := b.sell(at, sales[0], mapHouse.Size()/3/10*10); err != nil {
			return nil, err
		}
		path := "/api/v1/events/" + sales[0].ID + "/seats"
		conn, err := http1.Dial(at.Target.Address(), time.Now().Add(10*time.Second))
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		whole, err := conn.Do(&http1.Request{Method: "GET", Path: path, Header: []string{acceptEncoding}}, time.Now().Add(10*time.Second))
		if err != nil {
			return nil, err
		}
		script := &wrk.Gets{Host: at.Target.Address(), Path: path, Header: header(whole.Get("ETag"))}
		return func(ctx context.Context) (figures.Result, error) {
			result, err := wrkDrive(at, script.Script(), connections, b.For)(ctx)
			result.Note = fmt.Sprintf("the map has %d bytes as %q,", len(whole.Body), whole.Get("Content-Encoding"))
			return result, err
		}, nil
	}}
}
