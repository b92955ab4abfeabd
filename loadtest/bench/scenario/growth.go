package scenario

import (
	"context"
	"fmt"
	"slices"

	"github.com/eventra/eventra/loadtest/bench/stage"
)

// growth asks whether a hold costs more in a larger house, or beside more
// bookings that were made before.
func growth(ctx context.Context, b *bench) error {
	b.Settings.Against = b.Settings.Eventra
	return b.with(ctx, false, func() error {
		connections := slices.Max(b.Connections)
		var houses []contender
		for _, seats := range []int{1_000, 10_000, 100_000} {
			houses = append(houses, b.holdsIn(fmt.Sprintf("%d seats", seats), b.Stage.Eventra, connections, seats))
		}
		if err := b.contest(ctx, "the house grows", houses...); err != nil {
			return err
		}
		full := b.Stage.Reference
		if err := full.SQL(ctx, fillSQL(b.Bookings)...); err != nil {
			return err
		}
		return b.contest(ctx, "bookings pile up",
			b.holdsIn("few bookings", b.Stage.Eventra, connections, b.Seats),
			b.holdsIn(fmt.Sprintf("%d more", b.Bookings), full, connections, b.Seats))
	})
}

// holdsIn are holds in houses of so many seats.
func (b *bench) holdsIn(name string, at *stage.Server, connections, seats int) contender {
	of := *b
	of.Seats = seats
	return of.holds(name, at, connections, 1)
}

// fillSQL makes bookings that have ended, of one seat each, as a thousand events
// of the past would have left them; ids go up with time as those of Eventra do.
func fillSQL(bookings int) []string {
	const id = `(lpad(to_hex(1700000000000 + i), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid`
	const event = `(lpad(to_hex(i / 5000), 12, '0') || '70008000000000000000')::uuid`
	const of = ` FROM generate_series(%d::bigint, %d::bigint) AS i`
	const atATime = 500_000
	statements := []string{"SET synchronous_commit = off"}
	for first := 1; first <= bookings; first += atATime {
		last := min(first+atATime-1, bookings)
		statements = append(statements,
			fmt.Sprintf(`INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, ended_at)
				SELECT `+id+`, `+event+`, md5((i %% 100000)::text)::uuid, 'EXPIRED', 2500, 'EUR', made, made, made
				FROM (SELECT i, now() - interval '1 year' + i * interval '1 second' AS made`+of+`) AS past`, first, last),
			fmt.Sprintf(`INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live)
				SELECT `+id+`, `+event+`, i %% 5000, 0, 2500, false`+of, first, last))
	}
	return statements
}
