package postgres

// The statements of a commit take arrays and are set-based, and yet leave the
// planner one plan only: a look-up by primary key for each array element, and an
// update at the place (ctid) that it found. A connection keeps a plan for life,
// and the best plan for a table of forty rows, or for an event of average size,
// is ruinous for an event of a hundred thousand seats. Therefore:
//
//   - each look-up is a LATERAL with a LIMIT, which the planner neither reorders
//     nor merges with its surroundings;
//   - where another index has a column of the key, too, the order makes the difference: see
//     seatLookup;
//   - conditions other than the key stay outside of it, where no partial index
//     can offer itself;
//   - IS TRUE makes the planner hash a list of ids once instead of searching it
//     for each row;
//   - where all rows get the same values, the places are one array and one scan
//     of it: a join would begin a scan for each place, at a third of the cost of
//     ending a hold.
//
// The fence keeps rows in place between look-up and update: no other activation
// writes, and an activation has one batch in flight. The update itself locks a
// seat and checks its status; if the row has moved nevertheless, the statement's
// count shows it.

// seatLookup asks for one row by its primary key in a form that no other index serves. To
// the planner, seats_name_unique finds a seat by its event alone as well as the primary key
// does as long as the table is empty by its statistics. So the number is a range of one, in
// whose order the primary key returns rows, and after any other index there is a sort.
const (
	seatLookup = `
    LEFT JOIN LATERAL (
        SELECT ctid AS at FROM seats` + seatByNumber + `
    ) AS seat ON true`
	seatByNumber = `
        WHERE seats.event_id = s.event_id AND seats.seat_no >= s.seat_no AND seats.seat_no <= s.seat_no
        ORDER BY seats.seat_no LIMIT 1`
	bookingLookup = `
    LEFT JOIN LATERAL (
        SELECT ctid AS at, status, expires_at, payment_id, paying_until, replaced_by FROM bookings WHERE id = a.booking_id LIMIT 1
    ) AS booking ON true`
	paymentLookup = `
    LEFT JOIN LATERAL (
        SELECT ctid AS at, status, booking_id AS of, amount AS charged FROM payments WHERE id = a.payment_id LIMIT 1
    ) AS payment ON true`
)

// A booking whose id was used before is left out: it is a repeated request. So is one
// whose idempotency key was used before. The keys come in the order in which all
// writers of keys lock them; every member that runs beside this one compares value_hash, so
// request_hash stays empty. A key that another transaction is writing waits for that one's
// end, for keysPatience; nothing else here waits for a transaction of another event. A batch that
// commits alone tries the keys apart, and leaves out the holds whose keys are being written.
var (
	heldSQL      = `WITH booked AS (` + bookSQL + takeSQL
	keyedHeldSQL = `
WITH claimed AS (
    INSERT INTO idempotency_keys (user_id, route, key, value_hash, request_hash, resource_id, claimed_by, locked_until, held)
    SELECT user_id, route, key, value_hash, '', resource_id, resource_id, now(), true
    FROM unnest($19::uuid[], $20::text[], $21::text[], $22::bytea[], $23::uuid[])
        AS k (user_id, route, key, value_hash, resource_id)
    WHERE (SELECT set_config('lock_timeout', '` + keysPatience + `', true)) IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING resource_id
), booked AS (` + bookClaimedSQL
	keyedHeldAloneSQL = `
WITH claimed AS (
    SELECT * FROM eventra_claim_keys_apart($19::uuid[], $20::text[], $21::text[], $22::bytea[], $23::uuid[]) AS k (resource_id)
), booked AS (` + bookClaimedSQL

	bookClaimedSQL = bookSQL + `
    WHERE (id IN (SELECT resource_id FROM claimed)) IS TRUE` + takeSQL
	bookSQL = `
    INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at)
    SELECT id, event_id, user_id, 'HELD', amount, currency, now() + hold * interval '1 microsecond', now()
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::bigint[])
        AS b (event_id, id, user_id, amount, currency, hold)`
	takeSQL = `
    ON CONFLICT (id) DO NOTHING
    RETURNING id, reference_no
), theirs AS (
    SELECT s.*, seat.at
    FROM unnest($9::uuid[], $10::int[], $11::uuid[], $12::int[], $13::bigint[], $14::smallint[], $15::smallint[])
        AS s (event_id, seat_no, booking_id, position, amount, category_no, ticket_type_no)` + seatLookup + `
    WHERE (s.booking_id IN (SELECT id FROM booked)) IS TRUE
), listed AS (
    INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live, category_no, ticket_type_no)
    SELECT booking_id, event_id, seat_no, position, amount, true, category_no, ticket_type_no FROM theirs
), taken AS (
    UPDATE seats SET status = 'HELD', booking_id = theirs.booking_id,
        version = ($8::bigint[])[array_position($7::uuid[], seats.event_id)] FROM theirs
    WHERE seats.ctid = theirs.at AND seats.status = 'AVAILABLE'
    RETURNING 1
)` + crowded(16) + `
SELECT ARRAY (SELECT id FROM booked), ARRAY (SELECT reference_no FROM booked),
    eventra_assert((SELECT count(*) FROM taken) = (SELECT count(*) FROM theirs) AND ` + noneCrowded + `, 'EV002')`
)

const releasedSQL = `
WITH asked AS (
    SELECT booking.* FROM unnest($1::uuid[]) AS a (booking_id)` + bookingLookup + `
), ended AS (
    UPDATE bookings SET status = 'CANCELLED', ended_at = now()
    WHERE ctid = ANY (ARRAY (SELECT at FROM asked WHERE status = 'HELD' AND payment_id IS NULL))
    RETURNING id
)` + freeSQL + `
SELECT eventra_assert((SELECT count(*) FROM ended) = cardinality($1::uuid[]) AND ` + allFree + `, 'EV002')`

const refundedSQL = `
WITH sold AS (
    SELECT a.booking_id, booking.at, booking.status, booking.payment_id FROM unnest($1::uuid[]) AS a (booking_id)` + bookingLookup + `
), asked AS (
    SELECT a.*, payment.at AS payment_at, payment.status AS payment_status, payment.of FROM sold AS a` + paymentLookup + `
), ended AS (
    UPDATE bookings SET status = 'REFUNDED', ended_at = now()
    WHERE ctid = ANY (ARRAY (SELECT at FROM asked WHERE status = 'CONFIRMED'))
    RETURNING id
), refundable AS (
    UPDATE payments SET status = 'REFUND_PENDING', updated_at = now()
    WHERE ctid = ANY (ARRAY (SELECT payment_at FROM asked WHERE payment_status = 'SUCCEEDED' AND of = booking_id))
    RETURNING 1
), told AS (
    INSERT INTO notices (booking_id, kind, about, amount, event_id, created_at, due_at)
    SELECT booking_id, kind, about, amount, event_id, now(), now()
    FROM unnest($7::uuid[], $8::text[], $9::uuid[], $10::bigint[], $11::uuid[]) AS n (booking_id, kind, about, amount, event_id)
)` + freeSQL + `
SELECT eventra_assert((SELECT count(*) FROM ended) = cardinality($1::uuid[])
    AND (SELECT count(*) FROM refundable) = cardinality($1::uuid[]) AND ` + allFree + `, 'EV002')`

// A hold that is not due yet is left out. A booking that is not held contradicts
// the activation.
const expiredSQL = `
WITH asked AS (
    SELECT booking.* FROM unnest($1::uuid[]) AS a (booking_id)` + bookingLookup + `
), ended AS (
    UPDATE bookings SET status = 'EXPIRED', ended_at = now()
    WHERE ctid = ANY (ARRAY (SELECT at FROM asked WHERE status = 'HELD'
        AND expires_at <= now() AND (paying_until IS NULL OR paying_until <= now())))
    RETURNING id
)` + freeSQL + `
SELECT ARRAY (SELECT id FROM ended), eventra_assert(
    (SELECT count(*) FROM asked WHERE status = 'HELD') = cardinality($1::uuid[]) AND ` + allFree + `, 'EV002')`

// freeSQL frees the seats of the bookings that ended, and allFree checks that it
// found all of them.
const (
	freeSQL = `, theirs AS (
    SELECT seat.at AS seat_at, listed.at AS listed_at, listed.live
    FROM unnest($4::uuid[], $5::int[], $6::uuid[]) AS s (event_id, seat_no, booking_id)` + seatLookup + `
    LEFT JOIN LATERAL (
        SELECT ctid AS at, live FROM booking_seats
        WHERE booking_seats.booking_id = s.booking_id AND booking_seats.seat_no = s.seat_no LIMIT 1
    ) AS listed ON true
    WHERE (s.booking_id IN (SELECT id FROM ended)) IS TRUE
), unlisted AS (
    UPDATE booking_seats SET live = false
    WHERE ctid = ANY (ARRAY (SELECT listed_at FROM theirs WHERE live))
    RETURNING 1
), freed AS (
    UPDATE seats SET status = 'AVAILABLE', booking_id = NULL,
        version = ($3::bigint[])[array_position($2::uuid[], event_id)]
    WHERE ctid = ANY (ARRAY (SELECT seat_at FROM theirs)) AND (booking_id IN (SELECT id FROM ended)) IS TRUE
    RETURNING 1
)`
	allFree = `(SELECT count(*) FROM unlisted) = (SELECT count(*) FROM theirs)
    AND (SELECT count(*) FROM freed) = (SELECT count(*) FROM theirs)`
)
