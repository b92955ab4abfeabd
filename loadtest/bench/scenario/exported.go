package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/client"
)

// exportedBookings are those of the event that is exported.
const exportedBookings = 500_000

// exported compares holds beside an export of another event's bookings, over and over, with holds alone. Before, it exports while
// nothing else happens.
func exported(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		of, err := b.openExported(ctx)
		if err != nil {
			return err
		}
		ended, cancel := context.WithTimeout(ctx, b.For)
		e := b.export(ended, of)
		<-ended.Done()
		cancel()
		if err := e.wait(); err != nil {
			return err
		}
		b.say("  an export without a sale: %s", e)
		connections := slices.Max(b.Connections)
		alone := b.holds("alone", b.System.Eventra, connections, 1)
		alone.shared = true
		beside := alone
		beside.name = "beside an export"
		beside.prepare = func(ctx context.Context) (measurement, error) {
			holds, err := alone.prepare(ctx)
			return func(ctx context.Context) (stats.Result, error) {
				exporting, cancel := context.WithCancel(ctx)
				e := b.export(exporting, of)
				result, err := holds(ctx)
				cancel()
				if exportErr := e.wait(); exportErr != nil {
					b.fail("export: %w", exportErr)
				}
				result.Note = e.String() + ","
				return result, err
			}, err
		}
		return b.compare(ctx, fmt.Sprintf("%d connections, an export of %d bookings", connections, exportedBookings), alone, beside)
	})
}

// openExported opens an event with bookings of a seat each that have expired.
func (b *bench) openExported(ctx context.Context) (*client.Sale, error) {
	sales, err := b.OpenSales(ctx, b.System.Eventra, client.House{Rows: 1, SeatsPerRow: seatsPerRow})
	if err != nil {
		return nil, err
	}
	const id = `(lpad(to_hex(1700000000000 + i), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid`
	of := fmt.Sprintf(` FROM generate_series(1::bigint, %d::bigint) AS i`, exportedBookings)
	event := "'" + sales[0].ID + "'::uuid"
	err = b.System.Eventra.SQL(ctx, "SET synchronous_commit = off",
		`INSERT INTO customers (id, shop, external_id, email) SELECT md5(i::text)::uuid, 'Exported', i, i || '@example.org' FROM generate_series(0, 99999) AS i`,
		`INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, ended_at)
			SELECT `+id+`, `+event+`, md5((i % 100000)::text)::uuid, 'EXPIRED', 2500, 'EUR', made, made, made
			FROM (SELECT i, now() - interval '20 days' + i * interval '1 second' AS made`+of+`) AS past`,
		`INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live) SELECT `+id+`, `+event+`, 0, 0, 2500, false`+of)
	if err != nil {
		return nil, err
	}
	return sales[0], b.System.Eventra.Vacuum(ctx)
}

// exporting counts the lines of exports.
type exporting struct {
	began time.Time
	spent time.Duration
	lines int
	done  chan error
}

func (e *exporting) String() string {
	return fmt.Sprintf("%d bookings exported (%.0f/s)", e.lines, float64(e.lines)/e.spent.Seconds())
}

func (e *exporting) wait() error { return <-e.done }

// export exports over and over until ctx ends.
func (b *bench) export(ctx context.Context, of *client.Sale) *exporting {
	e := &exporting{began: time.Now(), done: make(chan error, 1)}
	go func() {
		var err error
		for ctx.Err() == nil && err == nil {
			err = e.read(ctx, b, of)
		}
		e.spent = time.Since(e.began)
		if ctx.Err() != nil {
			err = nil
		}
		e.done <- err
	}()
	return e
}

func (e *exporting) read(ctx context.Context, b *bench, of *client.Sale) error {
	token, err := b.System.Eventra.AdminToken()
	if err != nil {
		return err
	}
	url := "http://" + b.System.Eventra.Target.Address() + "/api/v1/admin/events/" + of.ID + "/bookings.csv"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	buffer := make([]byte, 256<<10)
	for {
		n, err := response.Body.Read(buffer)
		e.lines += bytes.Count(buffer[:n], []byte("\n"))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
