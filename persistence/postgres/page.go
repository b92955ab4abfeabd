package postgres

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

// pageStart returns where a page begins: at its cursor, or at the list's beginning in time.
func pageStart(p eventra.Page, beginning pgtype.InfinityModifier) (pgtype.Timestamptz, eventra.ID) {
	if p.Cursor == nil {
		return pgtype.Timestamptz{InfinityModifier: beginning, Valid: true}, eventra.ID{}
	}
	return pgtype.Timestamptz{Time: p.Cursor.Time, Valid: true}, p.Cursor.ID
}

// cut returns a page of a list that was read one item beyond its limit, and where the next page
// begins, nil on the last. at is the position of an item.
func cut[T any](found []T, p eventra.Page, at func(*T) eventra.Cursor) ([]T, *eventra.Cursor) {
	if len(found) <= p.Limit {
		return found, nil
	}
	next := at(&found[p.Limit-1])
	return found[:p.Limit], &next
}
