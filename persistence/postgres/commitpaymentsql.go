package postgres

const paymentStartedSQL = `
WITH asked AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])
        AS a (booking_id, payment_id, user_id, method, amount, currency, grace)
), noted AS (
    UPDATE bookings SET payment_id = asked.payment_id, paying_until = now() + asked.grace * interval '1 microsecond'
    FROM asked
    WHERE bookings.id = asked.booking_id AND bookings.event_id = $1 AND bookings.status = 'HELD'
        AND bookings.payment_id IS NULL AND bookings.expires_at > now()
    RETURNING bookings.id, bookings.paying_until
), started AS (
    INSERT INTO payments (id, booking_id, event_id, user_id, method, amount, currency, status, grace_until, created_at, updated_at)
    SELECT payment_id, booking_id, $1, user_id, method, amount, currency, 'PENDING', noted.paying_until, now(), now()
    FROM asked JOIN noted ON noted.id = asked.booking_id
)
SELECT ARRAY (SELECT id FROM noted), eventra_assert((
    SELECT count(*) FROM bookings
    WHERE id = ANY ($2::uuid[]) AND event_id = $1 AND status = 'HELD' AND payment_id IS NULL) = cardinality($2::uuid[]), 'EV002')`

const paymentEndedSQL = `
WITH ended AS (
    UPDATE payments SET status = told.status, updated_at = now()
    FROM unnest($2::uuid[], $3::text[], $4::uuid[]) AS told (id, status, held_id)
    WHERE payments.id = told.id AND payments.event_id = $1 AND payments.status = 'PENDING'
    RETURNING payments.id, told.held_id
), relieved AS (
    UPDATE bookings SET payment_id = NULL, paying_until = NULL FROM ended
    WHERE bookings.id = ended.held_id AND bookings.event_id = $1 AND bookings.status = 'HELD' AND bookings.payment_id = ended.id
    RETURNING 1
)
SELECT ARRAY (SELECT id FROM ended), eventra_assert(
    (SELECT count(*) FROM relieved) = (SELECT count(held_id) FROM ended), 'EV002')`

const confirmedSQL = `
WITH paid AS (
    SELECT * FROM unnest($3::uuid[], $4::uuid[]) AS p (booking_id, payment_id)
), confirmed AS (
    UPDATE bookings SET status = 'CONFIRMED', confirmed_at = now(), payment_id = paid.payment_id, paying_until = NULL
    FROM paid
    WHERE bookings.id = paid.booking_id AND bookings.event_id = $1 AND bookings.status = 'HELD'
    RETURNING 1
), succeeded AS (
    UPDATE payments SET status = 'SUCCEEDED', updated_at = now() FROM paid
    WHERE payments.id = paid.payment_id AND payments.booking_id = paid.booking_id AND payments.status = 'PENDING'
    RETURNING 1
), booked AS (
    UPDATE seats SET status = 'BOOKED', version = $2
    FROM unnest($5::int[], $6::uuid[]) AS s (seat_no, booking_id)
    WHERE seats.event_id = $1 AND seats.seat_no = s.seat_no AND seats.booking_id = s.booking_id AND seats.status = 'HELD'
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
        AS a (payment_id, expired_id, booking_id, user_id, amount, currency)
), moved AS (
    UPDATE payments SET booking_id = asked.booking_id, status = 'SUCCEEDED', updated_at = now() FROM asked
    WHERE payments.id = asked.payment_id AND payments.event_id = $1 AND payments.booking_id = asked.expired_id
        AND payments.status = 'PENDING'
    RETURNING asked.*
), booked AS (
    INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, confirmed_at, payment_id)
    SELECT booking_id, $1, user_id, 'CONFIRMED', amount, currency, now(), now(), now(), payment_id FROM moved
), replaced AS (
    UPDATE bookings SET replaced_by = moved.booking_id FROM moved
    WHERE bookings.id = moved.expired_id AND bookings.event_id = $1 AND bookings.status = 'EXPIRED' AND bookings.replaced_by IS NULL
    RETURNING 1
), theirs AS (
    SELECT s.* FROM unnest($9::int[], $10::uuid[], $11::int[], $12::bigint[]) AS s (seat_no, booking_id, position, amount)
    JOIN moved ON moved.booking_id = s.booking_id
), listed AS (
    INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live)
    SELECT booking_id, $1, seat_no, position, amount, true FROM theirs
), taken AS (
    UPDATE seats SET status = 'BOOKED', booking_id = theirs.booking_id, version = $2 FROM theirs
    WHERE seats.event_id = $1 AND seats.seat_no = theirs.seat_no AND seats.status = 'AVAILABLE'
    RETURNING 1
), mailed AS (
    INSERT INTO outbox (booking_id, created_at, due_at) SELECT booking_id, now(), now() FROM moved
)
SELECT ARRAY (SELECT payment_id FROM moved), eventra_assert(
    (SELECT count(*) FROM replaced) = (SELECT count(*) FROM moved)
    AND (SELECT count(*) FROM taken) = (SELECT count(*) FROM theirs), 'EV002')`

const refundDueSQL = `
WITH owed AS (
    UPDATE payments SET status = 'REFUND_PENDING', updated_at = now()
    WHERE id = ANY ($2::uuid[]) AND event_id = $1 AND status = 'PENDING'
    RETURNING id
)
SELECT ARRAY (SELECT id FROM owed), true`
