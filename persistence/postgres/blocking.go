package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// Blocking reads one blocking of an event. CodeNotFound if it was not made.
func (db *DB) Blocking(ctx context.Context, eventID, id eventra.ID) (*eventra.Blocking, error) {
	b := &eventra.Blocking{ID: id}
	err := db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		var version int64
		err := conn.QueryRow(ctx, `SELECT blocked, reason, author, changed, version, at FROM seat_blockings WHERE event_id = $1 AND id = $2`,
			eventID, id).Scan(&b.Blocked, &b.Reason, &b.Author, &b.Changed, &version, &b.At)
		b.Version = uint64(version)
		return orNotFound(err, eventra.Errorf(eventra.CodeNotFound, "no such blocking"))
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Blocks lists the blocks that keep seats of an event off sale, newest first, with all of
// their seats. next is where the next page begins, nil on the last. It reads the whole
// event, on one of few connections that do not commit.
func (db *DB) Blocks(ctx context.Context, eventID eventra.ID, p eventra.Page) (blocks []eventra.SeatBlock, next *eventra.Cursor, err error) {
	before, beforeID := pageStart(p, pgtype.Infinity)
	err = db.withConnOf(ctx, db.layouts, bulkTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, blocksSQL, eventID, before, beforeID, p.Limit+1)
		if err != nil {
			return err
		}
		blocks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (b eventra.SeatBlock, err error) {
			err = row.Scan(&b.ID, &b.Reason, &b.Author, &b.AuthorName, &b.At, &b.Seats)
			return b, err
		})
		return err
	})
	blocks, next = cut(blocks, p, func(b *eventra.SeatBlock) eventra.Cursor { return eventra.Cursor{Time: b.At, ID: b.ID} })
	return blocks, next, err
}

const blocksSQL = `
WITH blocks AS MATERIALIZED (
    SELECT blocking_id, array_agg(section || '-' || row_label || '-' || number ORDER BY seat_no) AS names
    FROM seats WHERE event_id = $1 AND status = 'BLOCKED' GROUP BY blocking_id
)
SELECT b.id, b.reason, b.author, coalesce(users.name, (SELECT name FROM api_keys WHERE api_keys.id = b.author LIMIT 1), ''), b.at, names
FROM blocks JOIN seat_blockings AS b ON b.event_id = $1 AND b.id = blocks.blocking_id LEFT JOIN users ON users.id = b.author
WHERE (b.at, b.id) < ($2::timestamptz, $3::uuid)
ORDER BY b.at DESC, b.id DESC LIMIT $4`
