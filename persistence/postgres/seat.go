package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// allowBulkSQL raises the time limit of statements that write a whole event to
// bulkTimeout.
const allowBulkSQL = `SET LOCAL statement_timeout = '30s'`

// AddSeats adds all seats or none and returns the event's new total. categories are the
// names of the seats' categories, by seat; one that is empty, like all if there are none,
// follows from the seat's section and price. It takes an
// epoch, so that every activation loads them. The same addition again has the first
// one's total. Errors: CodeEventNotFound; CodeSeatExists with up to a hundred seats that exist, look like others, or are
// given twice; CodeValidationFailed beyond the limit, for a second currency, or for an unknown category.
func (db *DB) AddSeats(ctx context.Context, eventID, addition eventra.ID, seats []eventra.Seat, categories ...string) (total int, err error) {
	return db.AddFloors(ctx, eventID, addition, seats, categories, nil)
}

// AddFloors adds general-admission sections besides seats. categories are those of the seats,
// then those of the floors.
func (db *DB) AddFloors(
	ctx context.Context, eventID, addition eventra.ID, seats []eventra.Seat, categories []string, floors []eventra.Floor,
) (total int, err error) {
	if duplicates := duplicateNames(seats); duplicates != nil {
		return 0, seatsExist(duplicates)
	}
	err = db.inTx(ctx, bulkTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, allowBulkSQL); err != nil {
			return err
		}
		total, err = addSeats(ctx, tx, eventID, addition, seats, categories, floors)
		return err
	})
	return total, err
}

func addSeats(ctx context.Context, tx pgx.Tx, eventID, addition eventra.ID, seats []eventra.Seat, categories []string, added []eventra.Floor) (int, error) {
	e, err := beginRepricing(ctx, tx, eventID)
	if err != nil {
		return 0, err
	}
	if total, made, err := addedBefore(ctx, tx, eventID, addition); err != nil || made {
		return total, err
	}
	if len(seats)+len(added) == 0 {
		return e.seats + capacityOf(e.floors), nil
	}
	if err := refuseSections(ctx, tx, eventID, seats, e.floors, added); err != nil {
		return 0, err
	}
	seats, floors, numbers, err := e.categorizeAll(ctx, seats, added, categories)
	if err != nil {
		return 0, err
	}
	if e.seats > 0 {
		if err := refuseExisting(ctx, tx, eventID, seats); err != nil {
			return 0, err
		}
		if err := refuseLookAlikes(ctx, tx, eventID, seats); err != nil {
			return 0, err
		}
	}
	if err := copySeats(ctx, tx, eventID, seats, numbers, e.numbered, e.layout+1); err != nil {
		return 0, err
	}
	if err := addFloors(ctx, tx, eventID, e.floors, floors, e.layout+1); err != nil {
		return 0, err
	}
	created := len(seats)
	for i := range floors {
		created += floors[i].Capacity
	}
	total := e.seats + capacityOf(e.floors) + created
	if _, err := tx.Exec(ctx, `INSERT INTO seat_additions (event_id, id, seats_total) VALUES ($1, $2, $3)`, eventID, addition, total); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, noteAdditionSQL, eventID, e.seats+len(seats), currencyOf(seats, floors), e.layout+1); err != nil {
		return 0, err
	}
	is := eventra.Facts{"seatsTotal": total, "added": created, "sections": sectionsOf(seats, floors)}
	was := eventra.Facts{"seatsTotal": e.seats + capacityOf(e.floors)}
	return total, writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutEvent(addition, eventra.AuditSeatsAdd, eventID, was, is))
}

// sectionsOf names the sections of seats, in their order, and general-admission sections.
func sectionsOf(seats []eventra.Seat, floors []eventra.Floor) (names []string) {
	for _, s := range seats {
		if len(names) == 0 || names[len(names)-1] != s.Section && !slices.Contains(names, s.Section) {
			names = append(names, s.Section)
		}
	}
	for i := range floors {
		names = append(names, floors[i].Name)
	}
	return names
}

func capacityOf(floors []eventra.StoredFloor) (places int) {
	for i := range floors {
		places += floors[i].Capacity
	}
	return places
}

// noteAdditionSQL changes the pricing's version, too, as one may be derived from what was added.
const noteAdditionSQL = `
UPDATE events SET seats_total = $2, currency = $3, layout_version = $4, pricing_version = pricing_version + 1 WHERE id = $1`

// currencyOf is that of what is added, and so the event's.
func currencyOf(seats []eventra.Seat, floors []eventra.Floor) string {
	if len(seats) > 0 {
		return seats[0].Price.Currency
	}
	return floors[0].Price.Currency
}

// SeatsAdded returns the total of an event after an addition or a removal, and whether that was made.
func (db *DB) SeatsAdded(ctx context.Context, eventID, addition eventra.ID) (total int, made bool, err error) {
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		total, made, err = addedBefore(ctx, conn, eventID, addition)
		return err
	})
	return total, made, err
}

// addedBefore returns the total after an addition or a removal, and whether that was made: a removal
// may have left no seats.
func addedBefore(ctx context.Context, q querier, eventID, addition eventra.ID) (total int, made bool, err error) {
	err = q.QueryRow(ctx, `SELECT seats_total FROM seat_additions WHERE event_id = $1 AND id = $2`, eventID, addition).Scan(&total)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return total, err == nil, err
}

func duplicateNames(seats []eventra.Seat) (names []string) {
	type place struct {
		section, row string
		number       int
	}
	seen := make(map[place]bool, len(seats))
	for _, s := range seats {
		at := place{s.Section, s.Row, s.Number}
		if seen[at] && len(names) < eventra.SeatsNamedMax {
			names = append(names, s.Name())
		}
		seen[at] = true
	}
	return names
}

func refuseExisting(ctx context.Context, tx pgx.Tx, eventID eventra.ID, seats []eventra.Seat) error {
	sections, rows, numbers := make(texts, len(seats)), make(texts, len(seats)), make(ints, len(seats))
	for i, s := range seats {
		sections[i], rows[i], numbers[i] = s.Section, s.Row, int32(s.Number)
	}
	found, err := tx.Query(ctx, existingSeatsSQL, eventID, sections, rows, numbers, eventra.SeatsNamedMax)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (string, error) {
		var s eventra.Seat
		err := row.Scan(&s.Section, &s.Row, &s.Number)
		return s.Name(), err
	})
	if err != nil || len(names) == 0 {
		return err
	}
	return seatsExist(names)
}

// existingSeatsSQL looks each seat up by its name, whatever the plan was made from: see [seatLookup].
const existingSeatsSQL = `
SELECT added.section, added.row_label, added.number
FROM unnest($2::text[], $3::text[], $4::int[]) AS added (section, row_label, number)
CROSS JOIN LATERAL (
    SELECT seat_no FROM seats
    WHERE seats.event_id = $1 AND seats.section = added.section AND seats.row_label = added.row_label
        AND seats.number >= added.number AND seats.number <= added.number
    ORDER BY seats.number LIMIT 1
) AS seat
ORDER BY seat.seat_no LIMIT $5`

// labelsSQL and lastVersionSQL read the seats of one event in the order of the primary key, which
// no other index has.
const (
	labelsSQL = `
SELECT DISTINCT section, row_label FROM (SELECT section, row_label, status FROM seats WHERE event_id = $1 ORDER BY seat_no) AS seat
WHERE status <> 'REMOVED'`
	lastVersionSQL = `
SELECT greatest((SELECT max(version) FROM (SELECT version FROM seats WHERE event_id = $1 ORDER BY seat_no) AS seat),
    (SELECT max(version) FROM (SELECT version FROM sections WHERE event_id = $1 ORDER BY no) AS section), 0)`
)

// refuseLookAlikes refuses seats whose section or row people would take for another
// one that exists.
func refuseLookAlikes(ctx context.Context, tx pgx.Tx, eventID eventra.ID, seats []eventra.Seat) error {
	labels := eventra.NewSeatLabels()
	rows, err := tx.Query(ctx, labelsSQL, eventID)
	if err != nil {
		return err
	}
	var section, row string
	if _, err := pgx.ForEachRow(rows, []any{&section, &row}, func() error { labels.Add(section, row); return nil }); err != nil {
		return err
	}
	var names []string
	for _, s := range seats {
		if _, _, alike := labels.Add(s.Section, s.Row); alike && len(names) < eventra.SeatsNamedMax {
			names = append(names, s.Name())
		}
	}
	if names == nil {
		return nil
	}
	return seatsExist(names)
}

func seatsExist(names []string) error {
	return &eventra.Error{Code: eventra.CodeSeatExists, Message: "some of the seats exist already, or look like ones that do", Seats: names}
}

// copySeats inserts seats. numbers are those of their categories, by seat; nil if they are
// derived.
func copySeats(
	ctx context.Context, tx pgx.Tx, eventID eventra.ID, seats []eventra.Seat, numbers []eventra.CategoryNo, first int, version int64,
) error {
	columns := []string{"event_id", "seat_no", "section", "row_label", "number", "amount", "currency", "version", "category_no"}
	id := uuid(eventID)
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"seats"}, columns, pgx.CopyFromSlice(len(seats), func(i int) ([]any, error) {
		s := &seats[i]
		var category any
		if numbers != nil {
			category = int16(numbers[i])
		}
		return []any{id, int32(first + i), s.Section, s.Row, int32(s.Number), s.Price.Amount, s.Price.Currency, version, category}, nil
	}))
	return err
}
