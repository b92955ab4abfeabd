package postgres

import (
	"github.com/eventra/eventra"
)

// blockings are the columns of Blocked and Unblocked. Seats that follow each other are one
// run, so that a section, or the whole house, is a few ranges of the primary key.
type blockings struct {
	reasons  texts
	authors  uuids
	changed  ints
	versions bigints // of the seat map afterwards

	// One entry a run of seats.
	runEvents, runBlockings uuids
	first, last             ints
	runVersions             bigints // of the seats that change
}

func (w *write) addBlocking(batch *eventra.Batch, c *eventra.Change) {
	if w.blockings == nil {
		w.blockings = &blockings{}
	}
	b, to := c.Blocking, w.blockings
	w.bookings = append(w.bookings, uuid(b.ID)) // by which the statement's answer is read
	to.reasons = append(to.reasons, b.Reason)
	to.authors = append(to.authors, uuid(b.Author))
	to.changed = append(to.changed, int32(b.Changed))
	to.versions = append(to.versions, int64(c.BlockingVersion(batch.Version)))
	for i, no := range c.Seats {
		if i > 0 && no == c.Seats[i-1]+1 {
			to.last[len(to.last)-1] = int32(no)
			continue
		}
		to.runEvents = append(to.runEvents, uuid(batch.EventID))
		to.runBlockings = append(to.runBlockings, uuid(b.ID))
		to.first, to.last = append(to.first, int32(no)), append(to.last, int32(no))
		to.runVersions = append(to.runVersions, int64(batch.Version))
	}
}

func blockingColumns(w *write) []any {
	b := w.blockings
	return []any{w.events, w.bookings, b.reasons, b.authors, b.changed, b.versions,
		b.runEvents, b.runBlockings, b.first, b.last, b.runVersions}
}

// A blocking whose id was used before is left out: it is a repeated request. A seat that
// is neither free nor blocked contradicts the activation. A run is asked for in a form that no index
// but the primary key serves: see seatLookup.
const (
	blockedSQL = `WITH made AS (` + madeBlockingSQL + `true` + blockingSeatsSQL + `
    UPDATE seats SET status = 'BLOCKED', blocking_id = theirs.blocking_id,
        version = CASE seats.status WHEN 'AVAILABLE' THEN theirs.version ELSE seats.version END
    FROM theirs
    WHERE seats.ctid = theirs.at AND seats.status IN ('AVAILABLE', 'BLOCKED')` + allBlocked

	unblockedSQL = `WITH made AS (` + madeBlockingSQL + `false` + blockingSeatsSQL + `
    UPDATE seats SET status = 'AVAILABLE', blocking_id = NULL, version = theirs.version FROM theirs
    WHERE seats.ctid = theirs.at AND seats.status = 'BLOCKED'` + allBlocked

	madeBlockingSQL = `
    INSERT INTO seat_blockings (event_id, id, reason, author, changed, version, at, blocked)
    SELECT event_id, id, reason, author, changed, version, now(), `
	blockingSeatsSQL = `
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::bigint[])
        AS b (event_id, id, reason, author, changed, version)
    ON CONFLICT (event_id, id) DO NOTHING
    RETURNING id
), runs AS (
    SELECT r.* FROM unnest($7::uuid[], $8::uuid[], $9::int[], $10::int[], $11::bigint[])
        AS r (event_id, blocking_id, first, last, version)
    WHERE (r.blocking_id IN (SELECT id FROM made)) IS TRUE
), theirs AS (
    SELECT runs.blocking_id, runs.version, seat.at FROM runs
    CROSS JOIN LATERAL (
        SELECT ctid AS at FROM seats
        WHERE seats.event_id = runs.event_id AND seats.seat_no >= runs.first AND seats.seat_no <= runs.last
        ORDER BY seats.seat_no LIMIT 100000
    ) AS seat
), written AS (`
	allBlocked = `
    RETURNING 1
)
SELECT ARRAY (SELECT id FROM made), eventra_assert(
    (SELECT count(*) FROM written) = (SELECT coalesce(sum(last - first + 1), 0) FROM runs), 'EV002')`
)
