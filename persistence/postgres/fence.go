package postgres

// The fence is the first statement of every commit: each event has to be at the
// epoch of the activation that sends the batch, or nothing is written (EV001).
// FOR SHARE makes the next activation, which updates the row, wait until the
// transaction has ended. A merged batch does not wait for the row of one of its
// events.
const (
	fenceSQL       = fenceBegin + fenceEnd
	fenceNoWaitSQL = fenceBegin + ` NOWAIT` + fenceEnd

	fenceBegin = `
SELECT now(), eventra_assert(count(*) = cardinality($1::uuid[]), 'EV001')
FROM unnest($1::uuid[], $2::bigint[]) AS f (event_id, epoch)
CROSS JOIN LATERAL (SELECT FROM events WHERE id = f.event_id AND events.epoch = f.epoch LIMIT 1 FOR SHARE`
	fenceEnd = `) AS fence`
)
