package postgres

import (
	"context"

	"github.com/eventra/eventra"
)

// own makes the derived categories of a pricing the event's own. It stores nothing if there are none.
func (e *repricing) own(ctx context.Context, next *eventra.Pricing) (*eventra.Pricing, error) {
	if e.stored.Stored() && len(next.Categories) <= len(e.stored.Categories) {
		return next, nil
	}
	return e.write(ctx, next)
}

// write stores the next pricing, which has the categories of all seats.
func (e *repricing) write(ctx context.Context, next *eventra.Pricing) (*eventra.Pricing, error) {
	next, err := e.stored.numbered(next)
	if err != nil {
		return nil, err
	}
	if err := e.writeCategories(ctx, next); err != nil {
		return nil, err
	}
	if err := e.writeTicketTypes(ctx, next); err != nil {
		return nil, err
	}
	if err := e.writePrices(ctx, next); err != nil {
		return nil, err
	}
	if err := e.writeSeats(ctx, next); err != nil {
		return nil, err
	}
	err = e.tx.QueryRow(ctx, `
		UPDATE events SET pricing_version = pricing_version + 1, currency = $2, layout_version = $3 WHERE id = $1
		RETURNING pricing_version`, e.eventID, next.Currency, e.layout+1).Scan(&next.Version)
	return next, err
}

func (e *repricing) writeCategories(ctx context.Context, next *eventra.Pricing) error {
	numbers, names := make(smallints, len(next.Categories)), make(texts, len(next.Categories))
	for i, c := range next.Categories {
		numbers[i], names[i] = int16(c.No), c.Name
	}
	if _, err := e.tx.Exec(ctx, `UPDATE categories SET position = NULL WHERE event_id = $1`, e.eventID); err != nil {
		return err
	}
	_, err := e.tx.Exec(ctx, `
		INSERT INTO categories (event_id, no, name, position)
		SELECT $1, no, name, ordinality - 1 FROM unnest($2::smallint[], $3::text[]) WITH ORDINALITY AS c (no, name)
		ON CONFLICT (event_id, no) DO UPDATE SET position = excluded.position`, e.eventID, numbers, names)
	return err
}

func (e *repricing) writeTicketTypes(ctx context.Context, next *eventra.Pricing) error {
	n := len(next.TicketTypes)
	numbers, least, most, names, defaults := make(smallints, n), make(smallints, n), make(smallints, n), make(texts, n), make(bools, n)
	for i, t := range next.TicketTypes {
		numbers[i], names[i], defaults[i] = int16(t.No), t.Name, t.Default
		least[i], most[i] = int16(t.MinPerBooking), int16(t.MaxPerBooking)
	}
	if _, err := e.tx.Exec(ctx, `UPDATE ticket_types SET position = NULL WHERE event_id = $1`, e.eventID); err != nil {
		return err
	}
	_, err := e.tx.Exec(ctx, `
		INSERT INTO ticket_types (event_id, no, name, is_default, min_per_booking, max_per_booking, position)
		SELECT $1, no, name, is_default, least, most, ordinality - 1
		FROM unnest($2::smallint[], $3::text[], $4::boolean[], $5::smallint[], $6::smallint[])
			WITH ORDINALITY AS t (no, name, is_default, least, most)
		ON CONFLICT (event_id, no) DO UPDATE SET position = excluded.position, is_default = excluded.is_default,
			min_per_booking = excluded.min_per_booking, max_per_booking = excluded.max_per_booking`,
		e.eventID, numbers, names, defaults, least, most)
	return err
}

func (e *repricing) writePrices(ctx context.Context, next *eventra.Pricing) error {
	categories, types, amounts := make(smallints, len(next.Prices)), make(smallints, len(next.Prices)), make(bigints, len(next.Prices))
	for i, price := range next.Prices {
		categories[i] = int16(next.Categories[next.CategoryNamed(price.Category)].No)
		types[i] = int16(next.TicketTypes[next.TicketTypeNamed(price.TicketType)].No)
		amounts[i] = price.Amount
	}
	if _, err := e.tx.Exec(ctx, `DELETE FROM prices WHERE event_id = $1`, e.eventID); err != nil {
		return err
	}
	_, err := e.tx.Exec(ctx, `
		INSERT INTO prices (event_id, category_no, ticket_type_no, amount)
		SELECT $1, p.* FROM unnest($2::smallint[], $3::smallint[], $4::bigint[]) AS p`, e.eventID, categories, types, amounts)
	return err
}

// writeSeats gives all seats and floors the next version: a reader who knows an earlier one gets the
// whole map, and all seats of a booking keep one version. First come those whose category
// was derived.
func (e *repricing) writeSeats(ctx context.Context, next *eventra.Pricing) error {
	var sections texts
	var amounts bigints
	var numbers smallints
	for i, at := range e.groups.at {
		if e.groups.numbers[i] != 0 && e.sorted.Categories[at].No == e.groups.numbers[i] {
			continue
		}
		category := next.CategoryNamed(e.sorted.Categories[at].Name)
		sections, amounts = append(sections, e.groups.seats[i].Section), append(amounts, e.groups.seats[i].Price.Amount)
		numbers = append(numbers, int16(next.Categories[category].No))
	}
	shown := shownAmounts(next)
	if len(sections) > 0 {
		// A group may have any number of seats: no loop over groups for each of them.
		if _, err := e.tx.Exec(ctx, `SET LOCAL enable_nestloop = off`); err != nil {
			return err
		}
		if _, err := e.tx.Exec(ctx, categorizeSeatsSQL, e.eventID, sections, amounts, numbers, shown, e.layout+1); err != nil {
			return err
		}
	}
	if _, err := e.tx.Exec(ctx, repriceSeatsSQL, e.eventID, shown, e.layout+1); err != nil || len(e.floors) == 0 {
		return err
	}
	_, err := e.tx.Exec(ctx, categorizeFloorsSQL, e.eventID, sections, amounts, numbers, shown, e.layout+1)
	return err
}

// The seats of one event are found by the primary key, which alone has their order.
const (
	seatsOfEvent       = `seats.ctid = ANY (ARRAY (SELECT ctid FROM seats WHERE event_id = $1 ORDER BY seat_no))`
	categorizeSeatsSQL = `
UPDATE seats SET category_no = g.no, amount = coalesce(($5::bigint[])[g.no], seats.amount), version = $6
FROM unnest($2::text[], $3::bigint[], $4::smallint[]) AS g (section, amount, no)
WHERE seats.section = g.section AND seats.amount = g.amount AND seats.category_no IS NULL AND ` + seatsOfEvent
	// A section that has a category keeps it.
	categorizeFloorsSQL = `
UPDATE sections SET category_no = priced.no, amount = coalesce(($5::bigint[])[priced.no], amount), version = $6
FROM (
    SELECT at, coalesce(category_no, g.no) AS no
    FROM (SELECT ctid AS at, name, amount AS costs, category_no FROM sections WHERE event_id = $1 ORDER BY no) AS section
    LEFT JOIN unnest($2::text[], $3::bigint[], $4::smallint[]) AS g (section, amount, no) ON name = g.section AND costs = g.amount
) AS priced
WHERE ctid = priced.at`
	repriceSeatsSQL = `
UPDATE seats SET amount = coalesce(($2::bigint[])[category_no], amount), version = $3
WHERE version < $3 AND ` + seatsOfEvent
)

// shownAmounts are the amounts that seats show, by number of their category; null if
// nothing is sold there.
func shownAmounts(p *eventra.Pricing) nullableBigints {
	var most eventra.CategoryNo
	for _, c := range p.Categories {
		most = max(most, c.No)
	}
	shown := make(nullableBigints, most)
	for _, c := range p.Categories {
		shown[c.No-1].Int64, shown[c.No-1].Valid = p.ShownAmount(c.Name)
	}
	return shown
}
