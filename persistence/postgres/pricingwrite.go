package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra"
)

// PutPricing replaces an event's pricing and returns it as it is stored. It takes an
// epoch, so that every activation loads it before it sells anything more; holds keep the
// prices at which they were made. ifVersion is the version that the caller knows, or 0.
// The same pricing again changes nothing. Errors: CodeEventNotFound;
// CodePreconditionFailed for another version; CodeCategoryInUse if a seat's category is not
// in it; CodeEventLocked if the event is cancelled; CodeValidationFailed for another
// currency than that of the seats.
func (db *DB) PutPricing(ctx context.Context, eventID eventra.ID, ifVersion int64, next *eventra.Pricing) (stored *eventra.Pricing, err error) {
	err = db.inTx(ctx, bulkTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, allowBulkSQL); err != nil {
			return err
		}
		stored, err = putPricing(ctx, tx, eventID, ifVersion, next)
		return err
	})
	return stored, err
}

func putPricing(ctx context.Context, tx pgx.Tx, eventID eventra.ID, ifVersion int64, next *eventra.Pricing) (*eventra.Pricing, error) {
	e, err := beginRepricing(ctx, tx, eventID)
	if err != nil {
		return nil, err
	}
	if ifVersion != 0 && ifVersion != e.stored.Version {
		return nil, eventra.Errorf(eventra.CodePreconditionFailed, "the pricing is at version %d by now", e.stored.Version)
	}
	if e.stored.Stored() && e.sorted.Same(next) {
		return e.stored.Pricing, nil
	}
	if err := e.allows(next); err != nil {
		return nil, err
	}
	before := *e.sorted
	stored, err := e.write(ctx, next)
	if err != nil {
		return nil, err
	}
	was, is := stored.AuditFacts(&before)
	return stored, writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutEvent(eventra.ID{}, eventra.AuditPricingUpdate, eventID, was, is))
}

// repricing is a change of an event's pricing, in a transaction that has the event to
// itself.
type repricing struct {
	tx       pgx.Tx
	eventID  eventra.ID
	status   eventra.EventStatus
	seats    int // of the event
	numbered int // seats, with those that were removed
	floors   []eventra.StoredFloor
	layout   int64    // version of the event's seat map
	stored   *pricing // before the change
	groups   seatGroups
	sorted   *eventra.Pricing // stored, with the categories of all seats
}

// seatGroups are an event's seats and floors by what decides about their category.
type seatGroups struct {
	seats   []eventra.Seat       // one for each group, then one for each floor
	numbers []eventra.CategoryNo // stored ones, or 0
	at      []int32              // positions of their categories in the sorted pricing
}

// beginRepricing takes the event's next epoch, after which no batch changes the event's
// seats, and reads what is priced.
func beginRepricing(ctx context.Context, tx pgx.Tx, eventID eventra.ID) (*repricing, error) {
	e := &repricing{tx: tx, eventID: eventID}
	var version int64
	var currency string
	err := tx.QueryRow(ctx, takePricingEpochSQL, eventID).Scan(&version, &currency, &e.seats, &e.status)
	if err != nil {
		return nil, orNotFound(err, eventra.NoSuchEvent())
	}
	if e.layout, e.numbered, err = lastSeat(ctx, tx, eventID); err != nil {
		return nil, err
	}
	if e.stored, err = readPricing(ctx, tx, eventID, version, currency); err != nil {
		return nil, err
	}
	if e.floors, err = readFloors(ctx, tx, eventID); err != nil {
		return nil, err
	}
	return e, e.readGroups(ctx)
}

const takePricingEpochSQL = `
UPDATE events SET epoch = epoch + 1, updated_at = now() WHERE id = $1
RETURNING pricing_version, coalesce(currency, ''), seats_total, status`

// lastSeat returns the version of an event's seat map, and how many seats it has, with those
// that were removed. It comes after the statement that takes the epoch: that may have waited
// for another transaction, and then sees nothing of what that one wrote to other rows.
func lastSeat(ctx context.Context, tx pgx.Tx, eventID eventra.ID) (version int64, numbered int, err error) {
	err = tx.QueryRow(ctx, lastSeatSQL, eventID).Scan(&version, &numbered)
	return version, numbered, err
}

const lastSeatSQL = `
SELECT greatest(layout_version, (` + lastVersionSQL + `), 0),
    coalesce((SELECT seat_no + 1 FROM seats WHERE event_id = $1 ORDER BY seat_no DESC LIMIT 1), 0)
FROM events WHERE id = $1`

func (e *repricing) readGroups(ctx context.Context) error {
	rows, err := e.tx.Query(ctx, seatGroupsSQL, e.eventID)
	if err != nil {
		return err
	}
	var seat eventra.Seat
	var no eventra.CategoryNo
	_, err = pgx.ForEachRow(rows, []any{&seat.Section, &seat.Price.Amount, &seat.Price.Currency, &no}, func() error {
		e.groups.seats, e.groups.numbers = append(e.groups.seats, seat), append(e.groups.numbers, no)
		return nil
	})
	floors, numbers := eventra.FloorsToSort(eventra.PlannedFloors(e.floors))
	e.groups.seats, e.groups.numbers = append(e.groups.seats, floors...), append(e.groups.numbers, numbers...)
	e.sorted, e.groups.at = e.stored.Sort(e.groups.seats, e.groups.numbers)
	return err
}

// The first seat of a group decides about the order in which categories are derived, as in
// an activation.
const seatGroupsSQL = `
SELECT section, amount, currency, coalesce(category_no, 0)
FROM (SELECT seat_no, section, amount, currency, category_no FROM seats WHERE event_id = $1 ORDER BY seat_no) AS seat
GROUP BY section, amount, currency, category_no ORDER BY min(seat_no)`

// allows returns an error if the event must not have the pricing.
func (e *repricing) allows(next *eventra.Pricing) error {
	if e.status == eventra.EventCancelled {
		return eventra.Errorf(eventra.CodeEventLocked, "the event is cancelled")
	}
	if e.seats+len(e.floors) > 0 && next.Currency != e.stored.Currency {
		var f eventra.Faults
		f.Add("currency", "currency_mismatch", "the event has seats, which cost %s", e.stored.Currency)
		return f.Err()
	}
	for _, at := range e.groups.at {
		if name := e.sorted.Categories[at].Name; next.CategoryNamed(name) < 0 {
			return eventra.Errorf(eventra.CodeCategoryInUse, "the event has seats or places of category %s", name)
		}
	}
	return nil
}
