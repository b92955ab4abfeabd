package scenario

import (
	"context"
	"fmt"
	"slices"

	"github.com/eventra/eventra/loadtest/bench/system"
)

// growth measures whether a hold costs more for a larger event, or with more past
// bookings.
func growth(ctx context.Context, b *bench) error {
	b.Settings.Against = b.Settings.Eventra
	return b.with(ctx, false, func() error {
		connections := slices.Max(b.Connections)
		var houses []variant
		for _, seats := range []int{1_000, 10_000, 100_000} {
			houses = append(houses, b.holdsIn(fmt.Sprintf("%d seats", seats), b.System.Eventra, connections, seats))
		}
		if err := b.compare(ctx, "the house grows", houses...); err != nil {
			return err
		}
		full := b.System.Reference
		if err := full.SQL(ctx, fillSQL(b.Bookings)...); err != nil {
			return err
		}
		return b.compare(ctx, "bookings pile up",
			b.holdsIn("few bookings", b.System.Eventra, connections, b.Seats),
			b.holdsIn(fmt.Sprintf("%d more", b.Bookings), full, connections, b.Seats))
	})
}

// holdsIn returns a variant with holds on events of a given size.
func (b *bench) holdsIn(name string, at *system.Server, connections, seats int) variant {
	of := *b
	of.Seats = seats
	return of.holds(name, at, connections, 1)
}

// fillSQL inserts expired bookings of one seat each, as a thousand past events leave
// them. Their ids increase with time as those of Eventra do.
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
