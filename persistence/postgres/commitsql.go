package postgres

// The statements of a commit. Their parameters are arrays; what they join goes
// through a LIMIT by the arrays' length, which cuts nothing off. It keeps the
// planner from looking inside and has it expect a single row, so that it can
// only choose what is right for many as well: for each row, one look-up by
// primary key. Left to itself it takes plans that are best for a small table,
// or an average event, and ruinous for one of a hundred thousand seats.

// The fence. FOR SHARE lets batches of one activation overlap and keeps the
// next activation, which updates the row, waiting until they have ended.
const fenceSQL = `
SELECT now(), eventra_assert(count(*) = 1, 'EV001')
FROM (SELECT FROM events WHERE id = $1 AND epoch = $2 FOR SHARE) fence`

// In one order everywhere, so that writers never wait for each other in a circle.
const lockSeatsSQL = `
WITH wanted AS (
    SELECT $1::uuid AS event_id, seat_no FROM unnest($2::int[]) AS s (seat_no) LIMIT cardinality($2::int[])
), locked AS (
    SELECT FROM wanted JOIN seats USING (event_id, seat_no) ORDER BY seat_no FOR UPDATE OF seats
)
SELECT eventra_assert((SELECT count(*) FROM locked) = cardinality($2::int[]), 'EV002')`

// A booking whose id was used before is left out: it is the same request again.
const heldSQL = `
WITH booked AS (
    INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at)
    SELECT id, $1, user_id, 'HELD', amount, currency, now() + $3::bigint * interval '1 microsecond', now()
    FROM unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::text[]) AS b (id, user_id, amount, currency)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), theirs AS (
    SELECT $1::uuid AS event_id, s.*
    FROM unnest($8::int[], $9::uuid[], $10::int[], $11::bigint[]) AS s (seat_no, booking_id, position, amount)
    WHERE booking_id IN (SELECT id FROM booked)
    LIMIT cardinality($8::int[])
), listed AS (
    INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live)
    SELECT booking_id, event_id, seat_no, position, amount, true FROM theirs
), taken AS (
    UPDATE seats SET status = 'HELD', booking_id = theirs.booking_id, version = $2 FROM theirs
    WHERE seats.event_id = theirs.event_id AND seats.seat_no = theirs.seat_no AND seats.status = 'AVAILABLE'
    RETURNING 1
)
SELECT ARRAY (SELECT id FROM booked), eventra_assert((SELECT count(*) FROM taken) = (SELECT count(*) FROM theirs), 'EV002')`

const releasedSQL = `
WITH ended AS (
    UPDATE bookings SET status = 'CANCELLED', ended_at = now()
    WHERE id = ANY ($2::uuid[]) AND status = 'HELD' AND payment_id IS NULL
    RETURNING id
)` + freeSQL + `
SELECT eventra_assert((SELECT count(*) FROM ended) = cardinality($2::uuid[])
    AND (SELECT count(*) FROM unlisted) = $4 AND (SELECT count(*) FROM freed) = $4, 'EV002')`

const refundedSQL = `
WITH ended AS (
    UPDATE bookings SET status = 'REFUNDED', ended_at = now()
    WHERE id = ANY ($2::uuid[]) AND status = 'CONFIRMED'
    RETURNING id, payment_id
), repaid AS (
    SELECT * FROM ended LIMIT cardinality($2::uuid[])
), owed AS (
    UPDATE payments SET status = 'REFUND_PENDING', updated_at = now() FROM repaid
    WHERE payments.id = repaid.payment_id AND payments.booking_id = repaid.id AND payments.status = 'SUCCEEDED'
    RETURNING 1
)` + freeSQL + `
SELECT eventra_assert((SELECT count(*) FROM ended) = cardinality($2::uuid[])
    AND (SELECT count(*) FROM owed) = cardinality($2::uuid[])
    AND (SELECT count(*) FROM unlisted) = $4 AND (SELECT count(*) FROM freed) = $4, 'EV002')`

// A hold whose time is not over is left out; one that is no hold is a contradiction.
const expiredSQL = `
WITH ended AS (
    UPDATE bookings SET status = 'EXPIRED', ended_at = now()
    WHERE id = ANY ($2::uuid[]) AND status = 'HELD'
        AND expires_at <= now() AND (paying_until IS NULL OR paying_until <= now())
    RETURNING id
)` + freeSQL + `
SELECT ARRAY (SELECT id FROM ended), eventra_assert(
    (SELECT count(*) FROM bookings WHERE id = ANY ($2::uuid[]) AND status = 'HELD') = cardinality($2::uuid[])
    AND (SELECT count(*) FROM freed) = (SELECT count(*) FROM unlisted), 'EV002')`

// freeSQL gives back the seats of bookings that ended, $4 of them at most.
const freeSQL = `, over AS (
    SELECT id FROM ended LIMIT cardinality($2::uuid[])
), unlisted AS (
    UPDATE booking_seats SET live = false FROM over
    WHERE booking_seats.booking_id = over.id AND booking_seats.live
    RETURNING event_id, seat_no, booking_id
), theirs AS (
    SELECT * FROM unlisted LIMIT $4::bigint
), freed AS (
    UPDATE seats SET status = 'AVAILABLE', booking_id = NULL, version = $3 FROM theirs
    WHERE seats.event_id = theirs.event_id AND seats.seat_no = theirs.seat_no
        AND seats.booking_id = theirs.booking_id AND seats.event_id = $1
    RETURNING 1
)`
