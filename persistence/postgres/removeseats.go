package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra"
)

// RemoveSeats removes all of the named seats or none, and returns the event's new total.
// It takes an epoch, so that every activation loads the rest. The same removal again has
// the first one's total. Errors: CodeEventNotFound; CodeUnknownSeats; CodeSeatsUnavailable
// with those that a booking has or had. Bookings that were purged are forgotten.
func (db *DB) RemoveSeats(ctx context.Context, eventID, removal eventra.ID, names []string) (total int, err error) {
	err = db.inTx(ctx, bulkTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, allowBulkSQL); err != nil {
			return err
		}
		total, err = removeSeats(ctx, tx, eventID, removal, names)
		return err
	})
	return total, err
}

func removeSeats(ctx context.Context, tx pgx.Tx, eventID, removal eventra.ID, names []string) (total int, err error) {
	// The epoch comes first: after it no batch changes the event's seats.
	err = tx.QueryRow(ctx, `UPDATE events SET epoch = epoch + 1, updated_at = now() WHERE id = $1 RETURNING seats_total`,
		eventID).Scan(&total)
	if err != nil {
		return 0, orNotFound(err, eventra.NoSuchEvent())
	}
	if before, made, err := addedBefore(ctx, tx, eventID, removal); err != nil || made {
		return before, err
	}
	seats, err := unsoldSeats(ctx, tx, eventID, total, names)
	if err != nil {
		return 0, err
	}
	version, _, err := lastSeat(ctx, tx, eventID)
	if err != nil {
		return 0, err
	}
	floors, err := readFloors(ctx, tx, eventID)
	if err != nil {
		return 0, err
	}
	numbered := total - len(seats)
	total = numbered + capacityOf(floors)
	if _, err = tx.Exec(ctx, removeSeatsSQL, eventID, seats, version+1); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, `INSERT INTO seat_additions (event_id, id, seats_total) VALUES ($1, $2, $3)`, eventID, removal, total); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, `UPDATE events SET seats_total = $2 WHERE id = $1`, eventID, numbered); err != nil {
		return 0, err
	}
	return total, writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutEvent(removal, eventra.AuditSeatsRemove, eventID,
		eventra.Facts{"seatsTotal": total + len(seats), "seats": names}, eventra.Facts{"seatsTotal": total}))
}

// removeSeatsSQL gives removed seats numbers that no others have, so that their names may be
// used again.
const removeSeatsSQL = `
UPDATE seats SET status = 'REMOVED', blocking_id = NULL, number = -1 - seat_no, version = $3
WHERE event_id = $1 AND seat_no = ANY ($2::int[])`

// unsoldSeats returns the numbers of the named seats, none of which a booking has or had. total is
// the event's number of seats.
func unsoldSeats(ctx context.Context, tx pgx.Tx, eventID eventra.ID, total int, names []string) (ints, error) {
	layout, err := readLayoutOf(ctx, tx, eventID, total)
	if err != nil {
		return nil, err
	}
	var none eventra.Faults // there are none without a section
	selected, err := layout.Selected(&eventra.SeatSelection{Seats: names}, &none)
	if err != nil {
		return nil, err
	}
	seats := numbersOf(selected)
	return seats, refuseSold(ctx, tx, layout, eventID, seats)
}

func numbersOf(seats []eventra.SeatNo) ints {
	numbers := make(ints, len(seats))
	for i, no := range seats {
		numbers[i] = int32(no)
	}
	return numbers
}

// soldSeatsSQL looks each seat up twice, because one index has live items and another those that have ended.
const soldSeatsSQL = `
SELECT DISTINCT asked.seat_no FROM unnest($2::int[]) AS asked (seat_no)
CROSS JOIN LATERAL (
    (SELECT FROM booking_seats AS item WHERE item.event_id = $1 AND item.seat_no = asked.seat_no AND live LIMIT 1)
    UNION ALL (SELECT FROM booking_seats AS item WHERE item.event_id = $1 AND item.seat_no = asked.seat_no AND NOT live LIMIT 1)
    LIMIT 1
) AS sold
ORDER BY asked.seat_no LIMIT $3`

func refuseSold(ctx context.Context, tx pgx.Tx, layout *eventra.Layout, eventID eventra.ID, seats ints) error {
	rows, err := tx.Query(ctx, soldSeatsSQL, eventID, seats, eventra.SeatsNamedMax)
	if err != nil {
		return err
	}
	sold, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var no int32
		err := row.Scan(&no)
		return layout.Seats[no].Name(), err
	})
	if err != nil || len(sold) == 0 {
		return err
	}
	return &eventra.Error{Code: eventra.CodeSeatsUnavailable, Message: "some of the seats are or were booked", Seats: sold}
}
