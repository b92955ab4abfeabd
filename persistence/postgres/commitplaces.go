package postgres

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

// placesWrite is all places that the changes of a transaction take or give back, as the
// columns of placesSQL.
type placesWrite struct {
	// One entry a place.
	events    uuids
	bookings  uuids
	positions ints
	floors    ints
	amounts   bigints
	// Of the category and the ticket type.
	categories, ticketTypes nullableSmallints

	deltas ints // 1: taken; 0: its booking is confirmed; -1: given back

	// One entry a batch.
	batches  uuids
	versions bigints
}

// add notes the places of a change. Most batches have none, and cost nothing here.
func (w *placesWrite) add(batch *eventra.Batch, c *eventra.Change) {
	if c.Booking == nil || !c.Kind.ChangesSeats() {
		return
	}
	for at, item := range c.PlaceItems() {
		event := uuid(batch.EventID)
		if len(w.batches) == 0 || w.batches[len(w.batches)-1] != event {
			w.batches, w.versions = append(w.batches, event), append(w.versions, int64(batch.Version))
		}
		w.events, w.bookings = append(w.events, event), append(w.bookings, uuid(c.Booking.ID))
		w.positions, w.floors = append(w.positions, int32(at)), append(w.floors, int32(item.Floor))
		w.amounts, w.deltas = append(w.amounts, item.Amount), append(w.deltas, deltaOf(c.Kind))
		w.categories = append(w.categories, pgtype.Int2{Int16: int16(item.CategoryNo), Valid: item.CategoryNo != 0})
		w.ticketTypes = append(w.ticketTypes, pgtype.Int2{Int16: int16(item.TicketTypeNo), Valid: item.TicketTypeNo != 0})
	}
}

func deltaOf(kind eventra.ChangeKind) int32 {
	switch {
	case kind.TakesSeats():
		return 1
	case kind.FreesSeats(), kind == eventra.ItemsRefunded:
		return -1
	}
	return 0
}

// queue follows the statements that write bookings.
func (w *placesWrite) queue(queue *pgx.Batch) {
	if len(w.events) > 0 {
		queue.Queue(placesSQL, w.events, w.bookings, w.positions, w.floors, w.amounts, w.deltas, w.batches, w.versions,
			w.categories, w.ticketTypes)
	}
}

func (w *placesWrite) read(results pgx.BatchResults) error {
	if len(w.events) == 0 {
		return nil
	}
	_, err := results.Exec()
	return err
}

// placesSQL counts the places of the bookings that this transaction has written, which it
// tells by xmin: a guard may have refused a change. Each section is one row and one update,
// whatever the number of bookings.
const placesSQL = `
WITH asked AS (
    SELECT a.*
    FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::bigint[], $6::int[], $9::smallint[], $10::smallint[])
        AS a (event_id, booking_id, position, section_no, amount, delta, category_no, ticket_type_no)
    CROSS JOIN LATERAL (SELECT xmin FROM bookings WHERE id = a.booking_id LIMIT 1) AS booking
    WHERE booking.xmin = pg_current_xact_id()::xid
), listed AS (
    INSERT INTO booking_seats (booking_id, event_id, section_no, position, amount, live, category_no, ticket_type_no)
    SELECT booking_id, event_id, section_no, position, amount, true, category_no, ticket_type_no FROM asked WHERE delta > 0
), given AS (
    SELECT item.* FROM asked AS a
    LEFT JOIN LATERAL (
        SELECT ctid AS at, live FROM booking_seats WHERE booking_seats.booking_id = a.booking_id AND booking_seats.position = a.position LIMIT 1
    ) AS item ON true
    WHERE delta < 0
), unlisted AS (
    UPDATE booking_seats SET live = false WHERE ctid = ANY (ARRAY (SELECT at FROM given WHERE live))
    RETURNING 1
), moved AS (
    SELECT event_id, section_no, sum(delta)::int AS delta FROM asked GROUP BY event_id, section_no
), counters AS (
    SELECT moved.*, section.at FROM moved
    CROSS JOIN LATERAL (
        SELECT ctid AS at, taken, capacity - blocked AS most FROM sections
        WHERE sections.event_id = moved.event_id AND sections.no = moved.section_no LIMIT 1
    ) AS section
    WHERE taken + delta >= 0 AND taken + delta <= most
), counted AS (
    UPDATE sections SET taken = taken + counters.delta,
        version = ($8::bigint[])[array_position($7::uuid[], sections.event_id)] FROM counters
    WHERE sections.ctid = counters.at
    RETURNING 1
)
SELECT eventra_assert((SELECT count(*) FROM unlisted) = (SELECT count(*) FROM given)
    AND (SELECT count(*) FROM counted) = (SELECT count(*) FROM moved), 'EV002')`
