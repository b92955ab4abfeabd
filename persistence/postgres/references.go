package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// NumberBookings gives references to bookings that members of the release before made, until all
// that are not held have one or ctx ends. It returns how many it gave. A hold gets its own when it is
// confirmed: another writer in a commit's way would make its event be read again.
func (db *DB) NumberBookings(ctx context.Context) (int64, error) {
	return db.purge(ctx, []purgeTask{{batch: numberBookings, limit: purgeBatchMax / 4}})
}

// numberBookings waits for the disk, unlike what deletes: somebody may have seen the references.
func numberBookings(ctx context.Context, conn *pgxpool.Conn, limit int) (numbered int64, more bool, err error) {
	tag, err := conn.Exec(ctx, numberBookingsSQL, limit)
	return tag.RowsAffected(), tag.RowsAffected() == int64(limit), err
}

const numberBookingsSQL = `
UPDATE bookings SET reference_no = nextval('booking_references') WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM bookings WHERE reference_no IS NULL AND status <> 'HELD' LIMIT $1 FOR UPDATE SKIP LOCKED))`
