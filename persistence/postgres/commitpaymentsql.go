package postgres

// An attempt whose id was used before is left out, and one after the deadline.
const paymentStartedSQL = `
WITH asked AS (
    SELECT a.*, booking.at, booking.status, booking.expires_at, booking.payment_id AS running
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])
        AS a (event_id, booking_id, attempt_id, user_id, method, amount, currency, grace)` + bookingLookup + `
), started AS (
    INSERT INTO payments (id, booking_id, event_id, user_id, method, amount, currency, status, grace_until, created_at, updated_at)
    SELECT attempt_id, booking_id, event_id, user_id, method, amount, currency, 'PENDING',
        now() + grace * interval '1 microsecond', now(), now()
    FROM asked WHERE status = 'HELD' AND running IS NULL AND expires_at > now()
    ON CONFLICT (id) DO NOTHING
    RETURNING id, booking_id
), noted AS (
    UPDATE bookings SET payment_id = attempt_id, paying_until = now() + grace * interval '1 microsecond' FROM asked
    WHERE bookings.ctid = asked.at AND (asked.attempt_id IN (SELECT id FROM started)) IS TRUE
    RETURNING 1
)
SELECT ARRAY (SELECT booking_id FROM started), eventra_assert((SELECT count(*) FROM noted) = (SELECT count(*) FROM started)
    AND (SELECT count(*) FROM asked WHERE status = 'HELD' AND running IS NULL) = cardinality($2::uuid[]), 'EV002')`

// An attempt ends without a booking: it has failed, or its money is due back.
const paymentEndedSQL = `
WITH asked AS (
    SELECT a.*, payment.at AS payment_at, payment.status AS was,
        booking.at AS booking_at, booking.status = 'HELD' AND booking.payment_id = a.payment_id AS noted
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) AS a (payment_id, status, refusal, booking_id)` + paymentLookup + bookingLookup + `
), ended AS (
    UPDATE payments SET status = asked.status, refusal = nullif(asked.refusal, ''), updated_at = now() FROM asked
    WHERE payments.ctid = asked.payment_at AND asked.was = 'PENDING'
    RETURNING id, asked.booking_id
), unpaid AS (
    UPDATE bookings SET payment_id = NULL, paying_until = NULL FROM asked
    WHERE bookings.ctid = asked.booking_at AND asked.noted AND asked.was = 'PENDING'
    RETURNING 1
)
SELECT ARRAY (SELECT id FROM ended), eventra_assert(
    (SELECT count(*) FROM unpaid) = (SELECT count(booking_id) FROM ended), 'EV002')`

// A hold of the release before may have no reference yet, which its tickets show.
const confirmedSQL = `
WITH paid AS (
    SELECT a.*, booking.at AS booking_at, booking.status AS booking_status,
        payment.at AS payment_at, payment.status AS payment_status, payment.of
    FROM unnest($1::uuid[], $2::uuid[], $8::uuid[]) AS a (booking_id, payment_id, event_id)` + bookingLookup + paymentLookup + `
), confirmed AS (
    UPDATE bookings SET status = 'CONFIRMED', confirmed_at = now(), payment_id = paid.payment_id, paying_until = NULL,
        reference_no = coalesce(bookings.reference_no, nextval('booking_references')) FROM paid
    WHERE bookings.ctid = paid.booking_at AND paid.booking_status = 'HELD'
    RETURNING 1
), succeeded AS (
    UPDATE payments SET status = 'SUCCEEDED', updated_at = now()
    WHERE ctid = ANY (ARRAY (SELECT payment_at FROM paid WHERE payment_status = 'PENDING' AND of = booking_id))
    RETURNING 1
), theirs AS (
    SELECT seat.at FROM unnest($5::uuid[], $6::int[], $7::uuid[]) AS s (event_id, seat_no, booking_id)` + seatLookup + `
), booked AS (
    UPDATE seats SET status = 'BOOKED', version = ($4::bigint[])[array_position($3::uuid[], event_id)]
    WHERE ctid = ANY (ARRAY (SELECT at FROM theirs)) AND status = 'HELD' AND (booking_id IN (SELECT booking_id FROM paid)) IS TRUE
    RETURNING 1
), mailed AS (
    INSERT INTO outbox (booking_id, event_id, created_at, due_at) SELECT booking_id, event_id, now(), now() FROM paid
)
SELECT eventra_assert((SELECT count(*) FROM confirmed) = cardinality($1::uuid[])
    AND (SELECT count(*) FROM succeeded) = cardinality($1::uuid[])
    AND (SELECT count(*) FROM booked) = cardinality($6::int[]), 'EV002')`

// The payment comes first: its guard decides which successors are made.
var rebookedSQL = `
WITH asked AS (
    SELECT a.*, payment.at AS payment_at, payment.status = 'PENDING' AND payment.of = a.booking_id AS pending,
        booking.at AS expired_at, booking.status = 'EXPIRED' AND booking.replaced_by IS NULL AS replaceable
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[])
        AS a (event_id, payment_id, booking_id, successor_id, user_id, amount, currency)` + paymentLookup + bookingLookup + `
), moved AS (
    UPDATE payments SET booking_id = asked.successor_id, status = 'SUCCEEDED', updated_at = now() FROM asked
    WHERE payments.ctid = asked.payment_at AND asked.pending
    RETURNING asked.*
), booked AS (
    INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, confirmed_at, payment_id)
    SELECT successor_id, event_id, user_id, 'CONFIRMED', amount, currency, now(), now(), now(), payment_id FROM moved
    RETURNING payment_id, reference_no
), replaced AS (
    UPDATE bookings SET replaced_by = moved.successor_id FROM moved
    WHERE bookings.ctid = moved.expired_at AND moved.replaceable
    RETURNING 1
), theirs AS (
    SELECT s.*, seat.at
    FROM unnest($10::uuid[], $11::int[], $12::uuid[], $13::int[], $14::bigint[], $15::smallint[], $16::smallint[])
        AS s (event_id, seat_no, booking_id, position, amount, category_no, ticket_type_no)` + seatLookup + `
    WHERE (s.booking_id IN (SELECT successor_id FROM moved)) IS TRUE
), listed AS (
    INSERT INTO booking_seats (booking_id, event_id, seat_no, position, amount, live, category_no, ticket_type_no)
    SELECT booking_id, event_id, seat_no, position, amount, true, category_no, ticket_type_no FROM theirs
), taken AS (
    UPDATE seats SET status = 'BOOKED', booking_id = theirs.booking_id,
        version = ($9::bigint[])[array_position($8::uuid[], seats.event_id)] FROM theirs
    WHERE seats.ctid = theirs.at AND seats.status = 'AVAILABLE'
    RETURNING 1
)` + crowded(17) + `, mailed AS (
    INSERT INTO outbox (booking_id, event_id, created_at, due_at) SELECT successor_id, event_id, now(), now() FROM moved
)
SELECT ARRAY (SELECT payment_id FROM booked), ARRAY (SELECT reference_no FROM booked), eventra_assert(
    (SELECT count(*) FROM replaced) = (SELECT count(*) FROM moved)
    AND (SELECT count(*) FROM taken) = (SELECT count(*) FROM theirs) AND ` + noneCrowded + `, 'EV002')`
