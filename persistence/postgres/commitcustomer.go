package postgres

import (
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

// guardedTicketsMax is the highest limit per customer that the statements guard: counting up
// to a higher one would take too long. Above it the single writer alone keeps the limit.
const guardedTicketsMax = 1000

// crowdedSQL finds customers who have more tickets of an event, before the statement, than
// most. The activation has decided that there are none, so this is a second look, at each
// customer's newest bookings, among which those of a faulty writer are. It uses the index of
// a user's list, so that a hold writes no further one; one probe finds that most customers
// have no booking at all.
const (
	crowdedSQL = `, crowded AS (
    SELECT FROM unnest({1}::uuid[], {2}::uuid[], {3}::int[]) AS c (event_id, user_id, most)
    CROSS JOIN LATERAL (
        SELECT user_id FROM bookings WHERE bookings.user_id = c.user_id LIMIT 1
    ) AS known CROSS JOIN LATERAL (
        SELECT count(*) AS tickets FROM (
            SELECT id, event_id, status FROM bookings WHERE bookings.user_id = known.user_id ORDER BY created_at DESC LIMIT 128
        ) AS b CROSS JOIN LATERAL (
            SELECT live FROM booking_seats WHERE booking_seats.booking_id = b.id LIMIT 50
        ) AS item
        WHERE b.event_id = c.event_id AND b.status IN ('HELD', 'CONFIRMED') AND item.live
    ) AS has
    WHERE has.tickets > c.most
)`
	noneCrowded = `NOT EXISTS (SELECT FROM crowded)`
)

// crowded is crowdedSQL with parameters from a number on.
func crowded(first int) string {
	number := func(offset int) string { return "$" + strconv.Itoa(first+offset) }
	return strings.NewReplacer("{1}", number(0), "{2}", number(1), "{3}", number(2)).Replace(crowdedSQL)
}

// customerColumns are the customers whose bookings a write makes, each once.
type customerColumns struct {
	events, users uuids
	most          ints // tickets that the customer may have before the write
	at            map[customer]int
}

type customer struct{ event, user pgtype.UUID }

// add counts a new booking.
func (c *customerColumns) add(batch *eventra.Batch, b *eventra.Booking) {
	if batch.CustomerLimit == 0 || batch.CustomerLimit > guardedTicketsMax {
		return
	}
	key := customer{uuid(batch.EventID), uuid(b.UserID)}
	at, known := c.at[key]
	if !known {
		if c.at == nil {
			c.at = map[customer]int{}
		}
		at = len(c.most)
		c.at[key] = at
		c.events, c.users, c.most = append(c.events, key.event), append(c.users, key.user), append(c.most, int32(batch.CustomerLimit))
	}
	c.most[at] -= int32(len(b.Items))
}

func (c *customerColumns) args() []any { return []any{c.events, c.users, c.most} }
