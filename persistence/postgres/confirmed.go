package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// ConfirmedOf reads the CONFIRMED bookings of an event that have one of the ids or are of one of the customers, each once, with
// their refunds.
func (db *DB) ConfirmedOf(ctx context.Context, eventID eventra.ID, bookings, customers []eventra.ID) (found []*eventra.Booking, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		found, err = queryBookings(ctx, conn, confirmedOfSQL, eventID, uuidsOf(bookings), uuidsOf(customers))
		if err != nil || len(found) == 0 {
			return err
		}
		byID := make(map[eventra.ID]*eventra.Booking, len(found))
		payments := make([]eventra.ID, len(found))
		for i, b := range found {
			byID[b.ID], payments[i] = b, b.PaymentID
		}
		rows, err := conn.Query(ctx, refundsOfPaymentsSQL, uuidsOf(payments))
		if err != nil {
			return err
		}
		return addRefunds(rows, byID)
	})
	return found, err
}

// Of a customer all bookings are read, for most have few: the index of their list needs no further column. What has gone back is
// left at 0: addRefunds adds it up.
const (
	confirmedOfSQL = `
SELECT ` + bookingColumns + `, 0, ` + itemColumns + `
FROM (
    SELECT of_id.* FROM unnest($2::uuid[]) AS wanted (booking_id)
    CROSS JOIN LATERAL (SELECT ` + bookingColumns + ` FROM bookings WHERE bookings.id = wanted.booking_id LIMIT 1) AS of_id
    UNION
    SELECT of_customer.* FROM unnest($3::uuid[]) AS wanted (customer)
    CROSS JOIN LATERAL (
        SELECT ` + bookingColumns + ` FROM bookings WHERE bookings.user_id = wanted.customer ORDER BY created_at DESC LIMIT 1000000
    ) AS of_customer
) AS b` + theirItems + `
WHERE b.event_id = $1 AND b.status = 'CONFIRMED'
ORDER BY id, position`

	refundsOfPaymentsSQL = `
SELECT ` + refundColumns + ` FROM unnest($1::uuid[]) AS p (id)
CROSS JOIN LATERAL (SELECT * FROM refunds WHERE refunds.payment_id = p.id ORDER BY payment_id, n LIMIT 1000) AS r`
)
