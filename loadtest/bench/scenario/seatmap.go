package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/wrk"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/http1"
)

// mapHouse has the size of a concert hall.
var mapHouse = client.House{Rows: 50, SeatsPerRow: seatsPerRow}

// acceptEncoding is the field that browsers send.
const acceptEncoding = "Accept-Encoding: gzip, deflate, br"

func map304(ctx context.Context, b *bench) error {
	return seatMaps(ctx, b, func(known string) []string { return []string{acceptEncoding, "If-None-Match: " + known} })
}

func mapFull(ctx context.Context, b *bench) error {
	return seatMaps(ctx, b, func(string) []string { return []string{acceptEncoding} })
}

// seatMaps compares requests for one seat map with the no-op of the reference server.
// Header gets the map's ETag and returns the fields of the requests.
func seatMaps(ctx context.Context, b *bench, header func(known string) []string) error {
	return b.with(ctx, true, func() error {
		for _, connections := range b.Connections {
			if err := b.compare(ctx, fmt.Sprintf("%d connections, %d seats", connections, mapHouse.Size()),
				b.seatMap(connections, header), b.noops(connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) seatMap(connections int, header func(known string) []string) variant {
	at := b.System.Eventra
	return variant{name: "eventra", at: at, what: answered, prepare: func(ctx context.Context) (measurement, error) {
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
		return func(ctx context.Context) (stats.Result, error) {
			result, err := runWrk(at, script.Script(), connections, b.For)(ctx)
			result.Note = fmt.Sprintf("the map has %d bytes as %q,", len(whole.Body), whole.Get("Content-Encoding"))
			return result, err
		}, nil
	}}
}
