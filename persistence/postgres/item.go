package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

// theirItems joins the bookings b with their items, in order. A booking and its items come
// from one statement, so that their states agree.
const (
	itemColumns = `seat_no, section_no, position, price, live, section, row_label, number, category_no, ticket_type_no, category, ticket_type`
	theirItems  = `
LEFT JOIN LATERAL (` + itemsSQL + ` WHERE booking_id = b.id` + itemSeat + `) AS item ON true`
	itemsSQL = `
    SELECT s.seat_no, s.section_no, position, s.amount AS price, live, coalesce(section, floor.name) AS section, row_label, number, category_no, ticket_type_no,
        (SELECT name FROM categories WHERE categories.event_id = s.event_id AND no >= category_no AND no <= category_no
            ORDER BY no LIMIT 1) AS category,
        (SELECT name FROM ticket_types WHERE ticket_types.event_id = s.event_id AND no >= ticket_type_no AND no <= ticket_type_no
            ORDER BY no LIMIT 1) AS ticket_type
    FROM (SELECT event_id, seat_no, section_no, position, amount, live, category_no, ticket_type_no FROM booking_seats`
	itemSeat = ` ORDER BY position) AS s
    LEFT JOIN LATERAL (SELECT section, row_label, number FROM seats` + seatByNumber + `) AS seat ON true
    LEFT JOIN LATERAL (SELECT name FROM sections
        WHERE event_id = s.event_id AND no >= s.section_no AND no <= s.section_no ORDER BY no LIMIT 1) AS floor ON true`
)

// itemRow is the destination of itemColumns.
type itemRow struct {
	seat, position, number pgtype.Int4
	floor                  pgtype.Int2
	amount                 pgtype.Int8
	live                   pgtype.Bool
	section, row           pgtype.Text

	categoryNo, ticketTypeNo pgtype.Int2 // null if they are not stored
	category, ticketType     pgtype.Text
}

func (r *itemRow) columns() []any {
	return []any{&r.seat, &r.floor, &r.position, &r.amount, &r.live, &r.section, &r.row, &r.number,
		&r.categoryNo, &r.ticketTypeNo, &r.category, &r.ticketType}
}

func (r *itemRow) item() eventra.Item {
	seat := eventra.Seat{Section: r.section.String, Row: r.row.String, Number: int(r.number.Int32),
		Price: eventra.Money{Amount: r.amount.Int64}}
	item := eventra.NewItem(eventra.SeatNo(r.seat.Int32), &seat, seat.Section)
	if r.floor.Valid {
		item = eventra.NewPlace(r.floor.Int16, r.section.String, r.amount.Int64)
	}
	item.Released = !r.live.Bool
	if r.category.Valid {
		item.Category, item.CategoryNo = r.category.String, eventra.CategoryNo(r.categoryNo.Int16)
	}
	if r.ticketType.Valid {
		item.TicketType, item.TicketTypeNo = r.ticketType.String, eventra.TicketTypeNo(r.ticketTypeNo.Int16)
	}
	return item
}

// queryBookings reads bookings with their items: bookingColumns, refundedColumn, itemColumns.
func queryBookings(ctx context.Context, q querier, sql string, args ...any) (bookings []*eventra.Booking, err error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	var b bookingRow
	var item itemRow
	_, err = pgx.ForEachRow(rows, append(append(b.columns(), &b.Refunded), item.columns()...), func() error {
		last := len(bookings) - 1
		if last < 0 || bookings[last].ID != b.ID {
			bookings, last = append(bookings, b.booking()), last+1
		}
		if item.position.Valid {
			bookings[last].Items = append(bookings[last].Items, item.item())
		}
		return nil
	})
	return bookings, err
}

// queryItems reads the items that a booking has, with those that it had if all are wanted.
func queryItems(ctx context.Context, q querier, booking eventra.ID, all bool) ([]eventra.Item, error) {
	rows, err := q.Query(ctx, bookingItemsSQL, booking, all)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (eventra.Item, error) {
		var r itemRow
		err := row.Scan(r.columns()...)
		return r.item(), err
	})
}

const bookingItemsSQL = itemsSQL + ` WHERE booking_id = $1 AND (live OR $2)` + itemSeat + `
ORDER BY position`
