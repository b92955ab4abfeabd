package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra"
)

const (
	floorsSQL = `
SELECT name, capacity, amount, coalesce((SELECT currency FROM events WHERE id = $1), ''), blocked, taken, version, coalesce(category_no, 0)
FROM sections WHERE event_id = $1 ORDER BY no`
	addFloorSQL = `INSERT INTO sections (event_id, no, name, capacity, amount, version, category_no) VALUES ($1, $2, $3, $4, $5, $6, nullif($7, 0))`
)

func scanFloor(row pgx.CollectableRow) (f eventra.StoredFloor, err error) {
	err = row.Scan(&f.Name, &f.Capacity, &f.Price.Amount, &f.Price.Currency, &f.Blocked, &f.Taken, &f.Version, &f.CategoryNo)
	return f, err
}

func readFloors(ctx context.Context, q querier, eventID eventra.ID) ([]eventra.StoredFloor, error) {
	rows, err := q.Query(ctx, floorsSQL, eventID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanFloor)
}

// addFloors adds floors to those that the event has.
func addFloors(ctx context.Context, tx pgx.Tx, eventID eventra.ID, stored []eventra.StoredFloor, floors []eventra.Floor, version int64) error {
	var f eventra.Faults
	if len(stored)+len(floors) > eventra.FloorsPerEventMax {
		f.Add("sections", "too_many", "an event has at most %d general-admission sections", eventra.FloorsPerEventMax)
		return f.Err()
	}
	for i := range floors {
		_, err := tx.Exec(ctx, addFloorSQL, eventID, int16(len(stored)+i), floors[i].Name, floors[i].Capacity, floors[i].Price.Amount, version,
			int16(floors[i].CategoryNo))
		if err != nil {
			return err
		}
	}
	return nil
}

// refuseSections refuses floors and seats whose section is one of the other kind, and
// floors that exist or look like a section that does.
func refuseSections(ctx context.Context, tx pgx.Tx, eventID eventra.ID, seats []eventra.Seat, stored []eventra.StoredFloor, floors []eventra.Floor) error {
	if len(stored)+len(floors) == 0 {
		return nil
	}
	sections, labels := map[string]bool{}, eventra.NewSeatLabels()
	rows, err := tx.Query(ctx, labelsSQL, eventID)
	if err != nil {
		return err
	}
	var section, row string
	if _, err := pgx.ForEachRow(rows, []any{&section, &row}, func() error {
		sections[section] = true
		labels.AddSection(section)
		return nil
	}); err != nil {
		return err
	}
	var names []string
	taken := map[string]bool{}
	for i := range stored {
		taken[stored[i].Name] = true
		labels.AddSection(stored[i].Name)
	}
	for _, s := range seats {
		if taken[s.Section] && len(names) < eventra.SeatsNamedMax {
			names = append(names, s.Name())
		}
		sections[s.Section] = true
		labels.AddSection(s.Section)
	}
	for i := range floors {
		name := floors[i].Name
		if _, alike := labels.AddSection(name); alike || sections[name] || taken[name] {
			names = append(names, name)
		}
		taken[name] = true
	}
	if names == nil {
		return nil
	}
	return seatsExist(slices.Compact(names))
}

// ChangeFloor changes the capacity of a general-admission section, and how many of its places
// are blocked; nil leaves them. It takes an epoch, so no batch is in flight and every
// activation loads it. CodeNotFound if there is no such section, CodeCapacityBelowTaken if
// more places are taken than would be left.
func (db *DB) ChangeFloor(ctx context.Context, eventID eventra.ID, name string, capacity, blocked *int) (f eventra.StoredFloor, err error) {
	err = db.inTx(ctx, bulkTimeout, func(ctx context.Context, tx pgx.Tx) error {
		f, err = changeFloor(ctx, tx, eventID, name, capacity, blocked)
		return err
	})
	return f, err
}

func changeFloor(ctx context.Context, tx pgx.Tx, eventID eventra.ID, name string, capacity, blocked *int) (f eventra.StoredFloor, err error) {
	tag, err := tx.Exec(ctx, `UPDATE events SET epoch = epoch + 1, updated_at = now() WHERE id = $1`, eventID)
	if err != nil {
		return f, err
	}
	if tag.RowsAffected() == 0 {
		return f, eventra.NoSuchEvent()
	}
	floors, err := readFloors(ctx, tx, eventID)
	if err != nil {
		return f, err
	}
	no := slices.IndexFunc(floors, func(f eventra.StoredFloor) bool { return f.Name == name })
	if no < 0 {
		return f, eventra.Errorf(eventra.CodeNotFound, "no such general-admission section")
	}
	f = floors[no]
	if capacity != nil {
		f.Capacity = *capacity
	}
	if blocked != nil {
		f.Blocked = *blocked
	}
	if f.Taken+f.Blocked > f.Capacity {
		return f, &eventra.Error{Code: eventra.CodeCapacityBelowTaken, Message: "more places are taken than the section would have left",
			Places: &eventra.PlacesLeft{Section: f.Name, Taken: f.Taken}}
	}
	var version int64
	if err := tx.QueryRow(ctx, lastVersionSQL, eventID).Scan(&version); err != nil {
		return f, err
	}
	f.Version = uint64(version) + 1
	_, err = tx.Exec(ctx, `UPDATE sections SET capacity = $3, blocked = $4, version = $5 WHERE event_id = $1 AND no = $2`,
		eventID, int16(no), f.Capacity, f.Blocked, int64(f.Version))
	if err != nil {
		return f, err
	}
	was, is := floors[no].AuditFacts(&f)
	return f, writeAudit(ctx, tx, eventra.ActorOf(ctx).AboutEvent(eventra.ID{}, eventra.AuditSectionUpdate, eventID, was, is))
}
