package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// snapshotTx is for reads that have to agree with each other.
var snapshotTx = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// EventReport reads what an event has sold, in one state of the database. It reads all of the event's bookings and
// items, so bulkTimeout bounds it. CodeEventNotFound if there is no such event.
func (db *DB) EventReport(ctx context.Context, eventID eventra.ID) (report *eventra.EventReport, err error) {
	err = db.withConnOf(ctx, db.office, bulkTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, snapshotTx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, allowReportSQL); err != nil {
				return err
			}
			report, err = readReport(ctx, tx, eventID)
			return err
		})
	})
	return report, err
}

func readReport(ctx context.Context, tx pgx.Tx, eventID eventra.ID) (*eventra.EventReport, error) {
	r := &eventra.EventReport{}
	err := tx.QueryRow(ctx, reportTotalsSQL, eventID).Scan(&r.At, &r.Currency, &r.Total, &r.Blocked, &r.Refunded, &r.Returned, &r.Owed)
	if err != nil {
		return nil, orNotFound(err, eventra.NoSuchEvent())
	}
	rows, err := tx.Query(ctx, reportSalesSQL, eventID)
	if err != nil {
		return nil, err
	}
	r.Sales, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s eventra.TicketSales, err error) {
		err = row.Scan(&s.Category, &s.TicketType, &s.Held, &s.Sold, &s.Revenue)
		return s, err
	})
	if err != nil {
		return nil, err
	}
	for i := range r.Sales {
		r.Held, r.Sold = r.Held+r.Sales[i].Held, r.Sold+r.Sales[i].Sold
	}
	if rows, err = tx.Query(ctx, reportHoursSQL, eventID, eventra.ReportHoursMax); err != nil {
		return nil, err
	}
	r.Hours, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (h eventra.SalesInHour, err error) {
		err = row.Scan(&h.Start, &h.Bookings, &h.Revenue)
		return h, err
	})
	slices.Reverse(r.Hours)
	return r, err
}

const (
	// allowReportSQL also lets the planner see the event, whose size no general plan fits.
	allowReportSQL = `SET LOCAL statement_timeout = '25s'; SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '32MB'`

	// A REFUNDED booking's money goes back by parts and by its payment's own status, which is for what the parts leave.
	reportTotalsSQL = `
SELECT now(), coalesce(currency, ''), seat.total + floor.total, seat.blocked + floor.blocked, whole.bookings,
    parts.returned + whole.returned, parts.owed + whole.owed
FROM events
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE status <> 'REMOVED') AS total, count(*) FILTER (WHERE status = 'BLOCKED') AS blocked
    FROM seats WHERE event_id = events.id) AS seat
CROSS JOIN LATERAL (
    SELECT coalesce(sum(capacity), 0) AS total, coalesce(sum(blocked), 0) AS blocked FROM sections WHERE event_id = events.id) AS floor
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE status = 'SUCCEEDED'), 0)::bigint AS returned,
        coalesce(sum(amount) FILTER (WHERE status = 'PENDING'), 0)::bigint AS owed
    FROM refunds WHERE event_id = events.id) AS parts
CROSS JOIN LATERAL (
    SELECT count(*) AS bookings,
        coalesce(sum(rest) FILTER (WHERE paid = 'REFUNDED'), 0)::bigint AS returned,
        coalesce(sum(rest) FILTER (WHERE paid = 'REFUND_PENDING'), 0)::bigint AS owed
    FROM (
        SELECT (SELECT status FROM payments WHERE payments.id = b.payment_id) AS paid,
            b.amount - (SELECT coalesce(sum(amount), 0) FROM refunds WHERE refunds.payment_id = b.payment_id AND refunds.status <> 'FAILED') AS rest
        FROM bookings AS b WHERE event_id = events.id AND status = 'REFUNDED') AS refunded) AS whole
WHERE events.id = $1`

	// A live item is sold unless its booking is HELD: those are few, and a million bookings need not be joined with their items.
	reportedAs = `category_no, ticket_type_no, CASE WHEN category_no IS NULL THEN seat_no END AS seat_no,
        CASE WHEN category_no IS NULL THEN section_no END AS section_no`
	reportSalesSQL = `
SELECT coalesce(categories.name, seats.section, sections.name, ''), coalesce(ticket_types.name, 'Standard'),
    sum(held)::bigint, sum(tickets - held)::bigint, coalesce(sum(price - held_price), 0)::bigint
FROM (
    SELECT ` + reportedAs + `, count(*) AS tickets, sum(amount) AS price, 0 AS held, 0 AS held_price
    FROM booking_seats WHERE event_id = $1 AND live GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT ` + reportedAs + `, 0, 0, count(*), sum(amount)
    FROM (SELECT id FROM bookings WHERE event_id = $1 AND status = 'HELD') AS b
    CROSS JOIN LATERAL (SELECT * FROM booking_seats WHERE booking_id = b.id ORDER BY position LIMIT 50) AS item
    WHERE live GROUP BY 1, 2, 3, 4
) AS item
LEFT JOIN categories ON categories.event_id = $1 AND categories.no = category_no
LEFT JOIN ticket_types ON ticket_types.event_id = $1 AND ticket_types.no = ticket_type_no
LEFT JOIN seats ON seats.event_id = $1 AND seats.seat_no = item.seat_no
LEFT JOIN sections ON sections.event_id = $1 AND sections.no = item.section_no
GROUP BY 1, 2 ORDER BY 1, 2`

	// OFFSET 0 hides that there may be as many hours as bookings, for which the planner would sort them all.
	reportHoursSQL = `
SELECT hour, count(*), sum(amount)::bigint
FROM (
    SELECT date_bin('1 hour', confirmed_at, 'epoch'::timestamptz) AS hour, amount
    FROM bookings WHERE event_id = $1 AND status IN ('CONFIRMED', 'REFUNDED') OFFSET 0) AS sold
GROUP BY 1 ORDER BY 1 DESC LIMIT $2`
)

// SeatHistory lists who has or had a seat, newest first: bookings, and the block that keeps it off sale. With a time, only
// those who had it then. CodeNotFound if the event has no such seat, CodeEventNotFound if there is no such event.
func (db *DB) SeatHistory(
	ctx context.Context, eventID eventra.ID, seat eventra.Seat, at time.Time, p eventra.Page,
) (uses []eventra.SeatUse, next *eventra.Cursor, err error) {
	before, beforeID := pageStart(p, pgtype.Infinity)
	err = db.withConnOf(ctx, db.office, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, snapshotTx, func(tx pgx.Tx) error {
			var no *eventra.SeatNo
			if err := tx.QueryRow(ctx, historySeatSQL, eventID, seat.Section, seat.Row, seat.Number).Scan(&no); err != nil {
				return orNotFound(err, eventra.NoSuchEvent())
			}
			if no == nil {
				return eventra.Errorf(eventra.CodeNotFound, "no such seat")
			}
			rows, err := tx.Query(ctx, seatHistorySQL, before, beforeID, pgtype.Timestamptz{Time: at, Valid: !at.IsZero()}, p.Limit+1, *no, eventID)
			if err != nil {
				return err
			}
			uses, err = pgx.CollectRows(rows, scanSeatUse)
			return err
		})
	})
	uses, next = cut(uses, p, func(u *eventra.SeatUse) eventra.Cursor { return eventra.Cursor{Time: u.From, ID: u.ID} })
	return uses, next, err
}

func scanSeatUse(row pgx.CollectableRow) (u eventra.SeatUse, err error) {
	var until pgtype.Timestamptz
	err = row.Scan(&u.ID, &u.From, &until, &u.Status, &u.UserID, &u.Block)
	u.Until = until.Time
	return u, err
}

// An item that a confirmed booking gave up was its own until the refund that released it.
const (
	historySeatSQL = `
SELECT (SELECT seat_no FROM seats WHERE event_id = $1 AND section = $2 AND row_label = $3 AND number = $4) FROM events WHERE id = $1`
	seatHistorySQL = `
SELECT id, since, until, status, who, block FROM (
    SELECT b.id, b.created_at AS since, CASE WHEN live THEN NULL ELSE coalesce(released.at, b.ended_at) END AS until, b.status, b.user_id AS who, NULL AS block
    FROM (SELECT booking_id, position, live FROM booking_seats WHERE event_id = $6 AND seat_no = $5 AND live
        UNION ALL SELECT booking_id, position, live FROM booking_seats WHERE event_id = $6 AND seat_no = $5 AND NOT live) AS had
    CROSS JOIN LATERAL (SELECT id, created_at, ended_at, status, user_id, payment_id FROM bookings WHERE id = had.booking_id LIMIT 1) AS b
    LEFT JOIN LATERAL (
        SELECT created_at AS at FROM refunds
        WHERE NOT live AND refunds.payment_id = b.payment_id AND released AND position + 1 = ANY (items) ORDER BY n LIMIT 1) AS released ON true
    UNION ALL
    SELECT blocking.id, at, NULL, '', author, reason
    FROM (SELECT status, blocking_id FROM seats WHERE event_id = $6 AND seat_no >= $5 AND seat_no <= $5 ORDER BY seat_no LIMIT 1) AS seat
    CROSS JOIN LATERAL (SELECT id, at, author, reason FROM seat_blockings WHERE event_id = $6 AND id = seat.blocking_id LIMIT 1) AS blocking
    WHERE seat.status = 'BLOCKED'
) AS uses
WHERE (since, id) < ($1::timestamptz, $2::uuid) AND ($3::timestamptz IS NULL OR since <= $3 AND (until IS NULL OR until > $3))
ORDER BY since DESC, id DESC LIMIT $4`
)
