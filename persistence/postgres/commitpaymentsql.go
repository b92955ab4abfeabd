package postgres

// An attempt whose id was used before is left out, like one that comes too late.
const paymentStartedSQL = `
WITH asked AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])
        AS a (booking_id, attempt_id, user_id, method, amount, currency, grace)
    LIMIT cardinality($2::uuid[])
), started AS (
    INSERT INTO payments (id, booking_id, event_id, user_id, method, amount, currency, status, grace_until, created_at, updated_at)
    SELECT attempt_id, booking_id, $1, asked.user_id, method, asked.amount, asked.currency, 'PENDING',
        now() + grace * interval '1 microsecond', now(), now()
    FROM asked JOIN bookings ON bookings.id = asked.booking_id
    WHERE bookings.status = 'HELD' AND bookings.payment_id IS NULL AND bookings.expires_at > now()
    ON CONFLICT (id) DO NOTHING
    RETURNING id, booking_id, grace_until
), begun AS (
    SELECT * FROM started LIMIT cardinality($2::uuid[])
), noted AS (
    UPDATE bookings SET payment_id = begun.id, paying_until = begun.grace_until FROM begun
    WHERE bookings.id = begun.booking_id AND bookings.status = 'HELD' AND bookings.payment_id IS NULL
    RETURNING 1
)
SELECT ARRAY (SELECT booking_id FROM started), eventra_assert((SELECT count(*) FROM noted) = (SELECT count(*) FROM started)
    AND (SELECT count(*) FROM bookings
        WHERE id = ANY ($2::uuid[]) AND status = 'HELD' AND payment_id IS NULL) = cardinality($2::uuid[]), 'EV002')`

const paymentEndedSQL = `
WITH told AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS t (payment_id, status, held_id) LIMIT cardinality($1::uuid[])
), ended AS (
    UPDATE payments SET status = told.status, updated_at = now() FROM told
    WHERE payments.id = told.payment_id AND payments.status = 'PENDING'
    RETURNING told.*
), holds AS (
    SELECT * FROM ended WHERE held_id IS NOT NULL LIMIT cardinality($1::uuid[])
), relieved AS (
    UPDATE bookings SET payment_id = NULL, paying_until = NULL FROM holds
    WHERE bookings.id = holds.held_id AND bookings.status = 'HELD' AND bookings.payment_id = holds.payment_id
    RETURNING 1
)
SELECT ARRAY (SELECT payment_id FROM ended), eventra_assert(
    (SELECT count(*) FROM relieved) = (SELECT count(held_id) FROM ended), 'EV002')`

const confirmedSQL = `
WITH paid AS (
    SELECT * FROM unnest($3::uuid[], $4::uuid[]) AS p (booking_id, payment_id) LIMIT cardinality($3::uuid[])
), confirmed AS (
    UPDATE bookings SET status = 'CONFIRMED', confirmed_at = now(), payment_id = paid.payment_id, paying_until = NULL FROM paid
    WHERE bookings.id = paid.booking_id AND bookings.status = 'HELD'
    RETURNING 1
), succeeded AS (
    UPDATE payments SET status = 'SUCCEEDED', updated_at = now() FROM paid
    WHERE payments.id = paid.payment_id AND payments.booking_id = paid.booking_id AND payments.status = 'PENDING'
    RETURNING 1
), theirs AS (
    SELECT $1::uuid AS event_id, s.* FROM unnest($5::int[], $6::uuid[]) AS s (seat_no, booking_id) LIMIT cardinality($5::int[])
), booked AS (
    UPDATE seats SET status = 'BOOKED', version = $2 FROM theirs
    WHERE seats.event_id = theirs.event_id AND seats.seat_no = theirs.seat_no
        AND seats.booking_id = theirs.booking_id AND seats.status = 'HELD'
    RETURNING 1
), mailed AS (
    INSERT INTO outbox (booking_id, created_at, due_at) SELECT booking_id, now(), now() FROM paid
)
SELECT eventra_assert((SELECT count(*) FROM confirmed) = cardinality($3::uuid[])
    AND (SELECT count(*) FROM succeeded) = cardinality($3::uuid[])
    AND (SELECT count(*) FROM booked) = cardinality($5::int[]), 'EV002')`

// The payment moves first: what its guard lets through decides all the rest.
const rebookedSQL = `
WITH asked AS (
    SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::bigint[], $8::text[])
        AS a (payment_id, expired_id, successor_id, user_id, amount, currency)
    LIMIT cardinality($3::uuid[])
), moved AS (
    UPDATE payments SET booking_id = asked.successor_id, status = 'SUCCEEDED', updated_at = now() FROM asked
    WHERE payments.id = asked.payment_id AND payments.booking_id = asked.expired_id AND payments.status = 'PENDING'
    RETURNING asked.*
), booked AS (
    INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, confirmed_at, payment_id)
    SELECT successor_id, $1, user_id, 'CONFIRMED', amount, currency, now(), now(), now(), payment_id FROM moved
), lost AS (
    SELECT * FROM moved LIMIT cardinality($3::uuid[])
), replaced AS (
    UPDATE bookings SET replaced_by = lost.successor_id FROM lost
    WHERE bookings.id = lost.expired_id AND bookings.status = 'EXPIRED' AND bookings.replaced_by IS NULL
    RETURNING 1
), theirs AS (
    SELECT $1::uuid AS event_id, s.*
    FROM unnest($9::int[], $10::uuid[], $11::int[], $12::bigint[]) AS s (seat_no, booking_id, position, amount)
    WHERE booking_id IN (SELECT successor_id FROM moved)
    LIMIT cardinality($9::int[])
), listed AS (
    INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live)
    SELECT booking_id, event_id, seat_no, position, amount, true FROM theirs
), taken AS (
    UPDATE seats SET status = 'BOOKED', booking_id = theirs.booking_id, version = $2 FROM theirs
    WHERE seats.event_id = theirs.event_id AND seats.seat_no = theirs.seat_no AND seats.status = 'AVAILABLE'
    RETURNING 1
), mailed AS (
    INSERT INTO outbox (booking_id, created_at, due_at) SELECT successor_id, now(), now() FROM moved
)
SELECT ARRAY (SELECT payment_id FROM moved), eventra_assert(
    (SELECT count(*) FROM replaced) = (SELECT count(*) FROM moved)
    AND (SELECT count(*) FROM taken) = (SELECT count(*) FROM theirs), 'EV002')`

const refundDueSQL = `
WITH owed AS (
    UPDATE payments SET status = 'REFUND_PENDING', updated_at = now()
    WHERE id = ANY ($1::uuid[]) AND status = 'PENDING'
    RETURNING id
)
SELECT ARRAY (SELECT id FROM owed), true`
