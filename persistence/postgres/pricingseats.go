package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra"
)

// SetCategory gives selected seats a category of their event, and returns how many have
// another one than before, and the version of the seat map. Bookings keep what they were
// sold at. It takes an epoch: see [DB.PutPricing]. Errors: CodeEventNotFound;
// CodeEventLocked if the event is cancelled; CodeUnknownSeats; CodeValidationFailed for a
// section, row or category that the event has not.
func (db *DB) SetCategory(ctx context.Context, eventID eventra.ID, selection eventra.SeatSelection, category string) (done eventra.SeatsChanged, err error) {
	err = db.inTx(ctx, bulkTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, allowBulkSQL); err != nil {
			return err
		}
		e, err := beginRepricing(ctx, tx, eventID)
		if err != nil {
			return err
		}
		seats, err := e.selected(ctx, &selection, category)
		if err != nil {
			return err
		}
		if done, err = e.setCategory(ctx, seats, category); err != nil || done.Changed == 0 {
			return err
		}
		facts := selection.AuditFacts()
		facts["category"], facts["changed"] = category, done.Changed
		return writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutEvent(eventra.ID{}, eventra.AuditSeatsCategory, eventID, nil, facts))
	})
	return done, err
}

func (e *repricing) selected(ctx context.Context, selection *eventra.SeatSelection, category string) ([]eventra.SeatNo, error) {
	if e.status == eventra.EventCancelled {
		return nil, eventra.Errorf(eventra.CodeEventLocked, "the event is cancelled")
	}
	layout, err := readLayoutOf(ctx, e.tx, e.eventID, e.seats)
	if err != nil {
		return nil, err
	}
	var f eventra.Faults
	seats, err := layout.Selected(selection, &f)
	if err != nil {
		return nil, err
	}
	if e.sorted.CategoryNamed(category) < 0 {
		f.Add("set.category", "unknown_category", "the event has no category %s", category)
	}
	return seats, f.Err()
}

func (e *repricing) setCategory(ctx context.Context, seats []eventra.SeatNo, category string) (done eventra.SeatsChanged, err error) {
	pricing, err := e.own(ctx, e.sorted)
	if err != nil {
		return done, err
	}
	no := pricing.Categories[pricing.CategoryNamed(category)].No
	shown := shownAmounts(pricing)
	changed, err := e.tx.Exec(ctx, moveSeatsSQL, e.eventID, numbersOf(seats), int16(no), shown[no-1], e.layout+1)
	if err != nil {
		return done, err
	}
	done.Changed = int(changed.RowsAffected())
	if done.Changed == 0 {
		version, _, err := lastSeat(ctx, e.tx, e.eventID)
		done.Version = uint64(version)
		return done, err
	}
	if _, err := e.tx.Exec(ctx, repriceSeatsSQL, e.eventID, shown, e.layout+1); err != nil {
		return done, err
	}
	done.Version = uint64(e.layout + 1)
	_, err = e.tx.Exec(ctx, `UPDATE events SET pricing_version = pricing_version + 1, layout_version = $2 WHERE id = $1`, e.eventID, e.layout+1)
	return done, err
}

const moveSeatsSQL = `
UPDATE seats SET category_no = $3, amount = coalesce($4, amount), version = $5
WHERE category_no IS DISTINCT FROM $3 AND ctid = ANY (ARRAY (
    SELECT seat.at FROM unnest($2::int[]) AS n (no)
    CROSS JOIN LATERAL (
        SELECT ctid AS at FROM seats WHERE event_id = $1 AND seat_no >= n.no AND seat_no <= n.no ORDER BY seat_no LIMIT 1
    ) AS seat))`
