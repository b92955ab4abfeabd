package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// Activate takes the event's next epoch and reads the event under it, in one
// transaction and one round trip. The UPDATE waits for batches in flight, which
// hold the row FOR SHARE. Each later statement sees what they wrote, and no other
// batch can commit before this transaction ends. CodeEventNotFound if there is no
// such event.
func (db *DB) Activate(ctx context.Context, eventID eventra.ID) (*eventra.Snapshot, error) {
	snapshot := &eventra.Snapshot{EventID: eventID}
	err := db.WithConn(ctx, bulkTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		var queue pgx.Batch
		queue.Queue(takeEpochSQL, eventID)
		queuePricing(&queue, eventID)
		queue.Queue(readSeatsSQL, eventID)
		queue.Queue(floorsSQL, eventID)
		queue.Queue(readLiveSQL, eventID)
		queue.Queue(readLiveItemsSQL, eventID)
		queue.Queue(releasedItemsSQL, eventID)
		queue.Queue(readRefundsSQL, eventID)
		results := conn.SendBatch(ctx, &queue)
		err := closeBatch(results, readSnapshot(results, snapshot))
		return orNotFound(err, eventra.NoSuchEvent())
	})
	if err != nil {
		return nil, err
	}
	return snapshot, nil
}

const takeEpochSQL = `
UPDATE events SET epoch = epoch + 1 WHERE id = $1
RETURNING epoch, status, sale_starts_at, sale_ends_at, hold_seconds, max_seats_per_booking, ever_published,
    coalesce(max_seats_per_customer, 0), orphan_rule, seats_total,
    clock_timestamp(), coalesce(layout_version, (SELECT max(version) FROM seats WHERE event_id = $1), 0),
    pricing_version, coalesce(currency, '')`

const readSeatsSQL = `
SELECT seat_no, section, row_label, number, amount, currency, status, booking_id, version, category_no
FROM seats WHERE event_id = $1 ORDER BY seat_no`

// An event with floors may have a million CONFIRMED bookings without seats: they are read when somebody asks for one (confirmedOfSQL).
// All others are read: those of an event without floors by their status, those of one that has some by their seats. HELD stands where
// no plan takes it for the condition of bookings_due, which has the holds of all events.
const (
	hasFloors   = `(SELECT no FROM sections WHERE event_id = $1 ORDER BY no LIMIT 1) IS NOT NULL`
	seatedItems = `FROM booking_seats WHERE event_id = $1 AND seat_no >= 0 AND live ORDER BY seat_no`

	readLiveSQL = `
SELECT ` + bookingColumns + ` FROM bookings
WHERE event_id = $1 AND status = ANY (ARRAY['HELD', CASE WHEN ` + hasFloors + ` THEN 'HELD' ELSE 'CONFIRMED' END])
UNION ALL
SELECT b.* FROM (SELECT DISTINCT booking_id FROM (SELECT booking_id ` + seatedItems + `) AS item) AS seated
CROSS JOIN LATERAL (SELECT ` + bookingColumns + ` FROM bookings WHERE id = seated.booking_id LIMIT 1) AS b
WHERE b.status = 'CONFIRMED' AND ` + hasFloors

	liveItemColumns  = `booking_id, seat_no, section_no, position, amount, coalesce(category_no, 0), coalesce(ticket_type_no, 0)`
	readLiveItemsSQL = `
(SELECT ` + liveItemColumns + ` ` + seatedItems + `)
UNION ALL
SELECT ` + liveItemColumns + `
FROM (
    SELECT id FROM bookings WHERE event_id = $1 AND status = ANY (ARRAY['HELD', CASE WHEN ` + hasFloors + ` THEN 'HELD' END])
    UNION SELECT booking_id FROM (SELECT booking_id ` + seatedItems + `) AS item
) AS read
CROSS JOIN LATERAL (
    SELECT booking_id, seat_no, section_no, position, amount, category_no, ticket_type_no, live FROM booking_seats
    WHERE booking_id = read.id ORDER BY position LIMIT 50) AS item
WHERE live AND seat_no IS NULL AND ` + hasFloors
)

func readSnapshot(results pgx.BatchResults, s *eventra.Snapshot) error {
	var total int
	var layoutVersion, pricingVersion int64
	var currency string
	err := results.QueryRow().Scan(&s.Epoch, &s.Terms.Status, &s.Terms.SaleStartsAt, &s.Terms.SaleEndsAt,
		&s.Terms.HoldSeconds, &s.Terms.MaxSeatsPerBooking, &s.Terms.EverPublished,
		&s.Terms.MaxSeatsPerCustomer, &s.Terms.OrphanRule, &total, &s.Now, &layoutVersion,
		&pricingVersion, &currency)
	if err != nil {
		return err
	}
	s.LayoutVersion = uint64(layoutVersion)
	pricing, err := readPricingResults(results, pricingVersion, currency)
	if err != nil {
		return err
	}
	s.Pricing = pricing.Pricing
	rows, err := results.Query()
	if err != nil {
		return err
	}
	if err := readSeats(rows, s, total); err != nil {
		return err
	}
	if rows, err = results.Query(); err != nil {
		return err
	}
	if s.Floors, err = pgx.CollectRows(rows, scanFloor); err != nil {
		return err
	}
	if rows, err = results.Query(); err != nil {
		return err
	}
	s.PlacesCounted = len(s.Floors) > 0
	if s.Bookings, err = pgx.CollectRows(rows, scanBooking); err != nil {
		return err
	}
	return readItems(results, s, pricing)
}

func readSeats(rows pgx.Rows, s *eventra.Snapshot, total int) error {
	s.Seats, s.States = make([]eventra.Seat, 0, total), make([]eventra.StoredState, 0, total)
	labels := interner{}
	var no, number int32
	var section, row, currency, status pgtype.DriverBytes
	var amount, version int64
	var booking pgtype.UUID
	var category pgtype.Int2
	into := []any{&no, &section, &row, &number, &amount, &currency, &status, &booking, &version, &category}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if int(no) != len(s.Seats) {
			return fmt.Errorf("event %v: seat %d is missing", s.EventID, len(s.Seats))
		}
		state, err := eventra.ParseSeatStatus(labels.get(status))
		if err != nil {
			return err
		}
		if state == eventra.SeatRemoved {
			number = 0
		}
		s.Seats = append(s.Seats, eventra.Seat{Section: labels.get(section), Row: labels.get(row), Number: int(number),
			Price: eventra.Money{Amount: amount, Currency: labels.get(currency)}})
		s.States = append(s.States, eventra.StoredState{Status: state, Booking: booking.Bytes, Version: uint64(version)})
		if category.Valid && s.Categories == nil {
			s.Categories = make([]eventra.CategoryNo, no, max(total, int(no)+1))
		}
		if s.Categories != nil {
			s.Categories = append(s.Categories, eventra.CategoryNo(category.Int16))
		}
	}
	return rows.Err()
}

// readLayoutOf reads an event's seats in a transaction. total is their number, without those that
// were removed.
func readLayoutOf(ctx context.Context, tx pgx.Tx, eventID eventra.ID, total int) (*eventra.Layout, error) {
	rows, err := tx.Query(ctx, readSeatsSQL, eventID)
	if err != nil {
		return nil, err
	}
	snapshot := &eventra.Snapshot{EventID: eventID}
	if err := readSeats(rows, snapshot, total); err != nil {
		return nil, err
	}
	return eventra.NewLayout(snapshot.Seats), nil
}

// interner keeps one copy of each label: an event repeats a few of them many
// times.
type interner map[string]string

func (in interner) get(label []byte) string {
	if known, ok := in[string(label)]; ok { // looks up without a copy
		return known
	}
	kept := string(label)
	in[kept] = kept
	return kept
}

// readItems adds items and refunds to the live bookings.
func readItems(results pgx.BatchResults, s *eventra.Snapshot, names *pricing) error {
	byID := make(map[eventra.ID]*eventra.Booking, len(s.Bookings))
	for _, b := range s.Bookings {
		byID[b.ID] = b
	}
	for _, released := range []bool{false, true} {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		if err := addItems(rows, s, byID, names, released); err != nil {
			return err
		}
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	return addRefunds(rows, byID)
}

// addItems adds items to their bookings, in each booking's order. Those that were released may
// be of a booking that has ended.
func addItems(rows pgx.Rows, s *eventra.Snapshot, byID map[eventra.ID]*eventra.Booking, names *pricing, released bool) error {
	var id eventra.ID
	var no pgtype.Int4
	var floor pgtype.Int2
	var position int32
	var amount int64
	var category eventra.CategoryNo
	var ticketType eventra.TicketTypeNo
	_, err := pgx.ForEachRow(rows, []any{&id, &no, &floor, &position, &amount, &category, &ticketType}, func() error {
		b := byID[id]
		if b == nil && released {
			return nil
		}
		if b == nil || no.Valid && int(no.Int32) >= len(s.Seats) || floor.Valid && int(floor.Int16) >= len(s.Floors) {
			return fmt.Errorf("event %v: live seat %d of booking %v, which is not live", s.EventID, no.Int32, id)
		}
		for int(position) >= len(b.Items) {
			b.Items = append(b.Items, eventra.Item{No: eventra.NoSeat, Released: true})
		}
		item := &b.Items[position]
		if floor.Valid {
			*item = eventra.NewPlace(floor.Int16, s.Floors[floor.Int16].Name, amount)
		} else {
			seat := &s.Seats[no.Int32]
			*item = eventra.NewItem(eventra.SeatNo(no.Int32), seat, seat.Section)
			item.Amount = amount
		}
		item.Released = released
		names.nameItem(item, category, ticketType)
		return nil
	})
	return err
}

// Layout reads the first seats of an event, in the order of their numbers, with their
// pricing, on one of few connections that do not commit. CodeUnavailable if there are fewer.
func (db *DB) Layout(ctx context.Context, eventID eventra.ID, seats int) (layout *eventra.Layout, err error) {
	err = db.withConnOf(ctx, db.layouts, bulkTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		snapshot := &eventra.Snapshot{EventID: eventID}
		var queue pgx.Batch
		queue.Queue(`SELECT pricing_version, coalesce(currency, '') FROM events WHERE id = $1`, eventID)
		queue.Queue(readSeatsSQL, eventID)
		queue.Queue(floorsSQL, eventID)
		queuePricing(&queue, eventID) // after the seats: it has all of their categories
		results := conn.SendBatch(ctx, &queue)
		err := closeBatch(results, readLayout(results, snapshot, seats))
		if err != nil {
			return orNotFound(err, eventra.NoSuchEvent())
		}
		if len(snapshot.Seats) < seats {
			return eventra.Unavailable("the event", errors.New("more seats than are stored"))
		}
		layout = eventra.NewPricedLayout(snapshot.Seats[:seats], snapshot.Categories, snapshot.Pricing, eventra.PlannedFloors(snapshot.Floors)...)
		return nil
	})
	return layout, err
}

func readLayout(results pgx.BatchResults, s *eventra.Snapshot, seats int) error {
	var version int64
	var currency string
	if err := results.QueryRow().Scan(&version, &currency); err != nil {
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	if err := readSeats(rows, s, seats); err != nil {
		return err
	}
	if rows, err = results.Query(); err != nil {
		return err
	}
	if s.Floors, err = pgx.CollectRows(rows, scanFloor); err != nil {
		return err
	}
	pricing, err := readPricingResults(results, version, currency)
	if err != nil {
		return err
	}
	s.Pricing = pricing.Pricing
	return nil
}
