package scenario

import (
	"cmp"
	"context"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

// refundTimeout bounds the wait for all refunds of a cancelled event.
const refundTimeout = 5 * time.Minute

// cancelled measures the times of holds at one event while another one, whose seats are
// sold, is cancelled, and compares them with those before and after.
func cancelled(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		var ratios []float64
		for run := range b.Runs {
			ratio, err := b.cancel(ctx, run+1)
			if err != nil {
				return err
			}
			ratios = append(ratios, ratio)
		}
		b.say("  = p99 of holds while %d bookings are refunded / without: %.2f (median of %d)", b.Holds, stats.Median(ratios), b.Runs)
		return nil
	})
}

func (b *bench) cancel(ctx context.Context, run int) (ratio float64, err error) {
	sold, err := b.openSold(ctx)
	if err != nil {
		return 0, err
	}
	sales, err := b.OpenSales(ctx, b.System.Eventra, b.house())
	if err != nil {
		return 0, err
	}
	first := 0
	measure := func(what string) (stats.Result, error) {
		result, err := b.pace(sales[0], b.Connections[0], first, after(b.For))
		first += int(b.Rate * b.For.Seconds() * 2)
		b.say("  %d %s: %s", run, what, describe(&result, accepted))
		if n := result.Refused() + result.Failed() + result.Errors; n > 0 {
			b.fail("%d holds were not accepted", n)
		}
		return result, err
	}
	before, err := measure("before")
	if err != nil {
		return 0, err
	}
	token, err := b.System.Eventra.AdminToken()
	if err != nil {
		return 0, err
	}
	path, began := "/api/v1/events/"+sold.ID, time.Now()
	if err := system.Call(b.System.Eventra, 200, "POST", path+"/cancel", token, nil, nil); err != nil {
		return 0, err
	}
	meanwhile, err := measure("meanwhile")
	if err != nil {
		return 0, err
	}
	if err := b.waitUntilRefunded(ctx, path, token, run, began); err != nil {
		return 0, err
	}
	afterwards, err := measure("afterwards")
	return 2 * float64(meanwhile.P99) / float64(before.P99+afterwards.P99), err
}

func (b *bench) waitUntilRefunded(ctx context.Context, path, token string, run int, began time.Time) error {
	var c struct {
		FinishedAt                 *time.Time
		Bookings, Refunded, Mailed int
	}
	var failed error
	err := wait.Until(ctx, refundTimeout, "all bookings are refunded", func() bool {
		failed = system.Call(b.System.Eventra, 200, "GET", path+"/cancellation", token, nil, &c)
		return failed != nil || c.FinishedAt != nil
	})
	if err := cmp.Or(failed, err); err != nil {
		return err
	}
	b.say("  %d %d of %d refunded after %.1f s, %d told by then", run, c.Refunded, c.Bookings, c.FinishedAt.Sub(began).Seconds(), c.Mailed)
	if c.Bookings != b.Holds || c.Refunded != b.Holds {
		b.fail("%d of %d bookings are refunded", c.Refunded, b.Holds)
	}
	return nil
}

// openSold opens an event all of whose seats are sold, one by one. It writes into the database,
// while Eventra is stopped, what payments would have written.
func (b *bench) openSold(ctx context.Context) (*client.Sale, error) {
	at := b.System.Eventra
	rows := (b.Holds + seatsPerRow - 1) / seatsPerRow
	sales, err := b.OpenSales(ctx, at, client.House{Rows: rows, SeatsPerRow: seatsPerRow})
	if err != nil {
		return nil, err
	}
	if err := b.holdAll(sales[0], "A", b.Holds); err != nil {
		return nil, err
	}
	if err := at.Stop(); err != nil {
		return nil, err
	}
	event := "event_id = '" + sales[0].ID + "'"
	if err := at.SQL(ctx,
		`UPDATE seats SET status = 'BOOKED' WHERE status = 'HELD' AND `+event,
		`INSERT INTO payments (id, booking_id, event_id, user_id, method, amount, currency, status, grace_until, created_at, updated_at)
			SELECT id, id, event_id, user_id, 'mock', amount, currency, 'SUCCEEDED', now(), now(), now() FROM bookings WHERE `+event,
		`INSERT INTO mock_charges (payment_id, event_id, amount, currency, status) SELECT id, event_id, amount, currency, 'CHARGED' FROM bookings WHERE `+event,
		`INSERT INTO outbox (booking_id, event_id, created_at, due_at, sent_at) SELECT id, event_id, now(), now(), now() FROM bookings WHERE `+event,
		`UPDATE bookings SET status = 'CONFIRMED', payment_id = id, confirmed_at = now() WHERE `+event,
	); err != nil {
		return nil, err
	}
	if err := at.Vacuum(ctx); err != nil {
		return nil, err
	}
	return sales[0], at.Start()
}
