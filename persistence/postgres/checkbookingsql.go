package postgres

// The first condition uses the index, the second is the invariant: see
// Booking.Due.
const holdEndsInTimeSQL = `
SELECT format('booking %s of event %s was due at %s', id, event_id, greatest(expires_at, paying_until))
FROM bookings
WHERE status = 'HELD' AND expires_at < now() - @hold_overdue::interval
    AND greatest(expires_at, paying_until) < now() - @hold_overdue::interval`

const bookingBelongsSQL = `
SELECT format('booking %s is of event %s and user %s: there is no such %s', b.id, event_id, user_id,
    concat_ws(' and no such ', CASE WHEN e.id IS NULL THEN 'event' END, CASE WHEN u.id IS NULL AND c.id IS NULL THEN 'user' END))
FROM bookings AS b LEFT JOIN events AS e ON e.id = b.event_id LEFT JOIN users AS u ON u.id = b.user_id
LEFT JOIN customers AS c ON c.id = b.user_id
WHERE e.id IS NULL OR u.id IS NULL AND c.id IS NULL`

const customerIDsSQL = `
SELECT format('customer %s of the shop %L is a user, too', id, shop) FROM customers WHERE EXISTS (SELECT FROM users WHERE users.id = customers.id)`

const bookingAmountSQL = `
SELECT format('booking %s is of %s %s, its seats of %s %s', b.id, b.amount, b.currency, coalesce(l.amount::text, 'nothing, in'), e.currency)
FROM bookings AS b
LEFT JOIN (SELECT booking_id, sum(amount) AS amount FROM booking_seats GROUP BY booking_id) AS l ON l.booking_id = b.id
LEFT JOIN events AS e ON e.id = b.event_id
WHERE b.amount IS DISTINCT FROM l.amount OR b.currency <> e.currency`

// Each position is one bit; a booking has at most fifty.
const bookingPositionsSQL = `
SELECT format('booking %s has %s seats at positions from %s to %s', booking_id, count(*), min(position), max(position))
FROM booking_seats GROUP BY booking_id
HAVING min(position) <> 0 OR max(position) <> count(*) - 1 OR bit_or(1::bigint << position) <> (1::bigint << count(*)::int) - 1`

// A customer keeps what was bought under a limit that is lower by now. Members of the release
// before change the default without noting it.
const customerLimitSQL = `
SELECT format('customer %s has %s tickets of event %s, which allows %s', user_id, tickets, event_id, highest)
FROM (SELECT b.user_id, b.event_id, count(*) AS tickets
    FROM bookings AS b JOIN booking_seats AS i ON i.booking_id = b.id
    WHERE b.status IN ('HELD', 'CONFIRMED') AND i.live GROUP BY b.user_id, b.event_id) AS has
JOIN (SELECT id, greatest(customer_limit_highest, coalesce(max_seats_per_customer, 2 * max_seats_per_booking)) AS highest
    FROM events WHERE customer_limit_highest IS NOT NULL) AS e ON e.id = event_id
WHERE tickets > highest`

// A database that was restored in part may have a sequence that gives numbers again.
const referenceIsNewSQL = `
SELECT format('booking %s has the number %s, beyond the last one given', id, reference_no)
FROM bookings WHERE reference_no > (SELECT last_value FROM pg_sequences WHERE sequencename = 'booking_references' AND schemaname = current_schema())`

const replacementSQL = `
SELECT format('booking %s is %s and replaced by %s, which %s', old.id, old.status, old.replaced_by,
    coalesce('is ' || new.status || ' of user ' || new.user_id || ' in event ' || new.event_id, 'does not exist'))
FROM bookings AS old LEFT JOIN bookings AS new ON new.id = old.replaced_by
WHERE old.replaced_by IS NOT NULL AND (old.status <> 'EXPIRED' OR new.id IS NULL OR new.status NOT IN ('CONFIRMED', 'REFUNDED')
    OR (new.event_id, new.user_id) <> (old.event_id, old.user_id))`

const confirmedHasItsMailSQL = `
SELECT format('booking %s is %s and has no outbox row', id, status)
FROM bookings WHERE status IN ('CONFIRMED', 'REFUNDED') AND NOT EXISTS (SELECT FROM outbox WHERE booking_id = bookings.id)
    AND (@retention::interval = '0' OR confirmed_at > now() - @retention::interval)`

const mailIsOfAConfirmedSQL = `
SELECT format('a mail of event %s is for booking %s, which %s', outbox.event_id, booking_id, coalesce('is ' || status || ' in event ' || bookings.event_id, 'does not exist'))
FROM outbox LEFT JOIN bookings ON bookings.id = booking_id
WHERE bookings.id IS NULL OR status NOT IN ('CONFIRMED', 'REFUNDED') OR outbox.event_id <> bookings.event_id`

const mailIsSentInTimeSQL = `
SELECT format('the mail for booking %s waits since %s', booking_id, created_at)
FROM (SELECT booking_id, created_at, sent_at FROM outbox UNION ALL SELECT booking_id, created_at, sent_at FROM notices
    UNION ALL SELECT booking_id, created_at, mail_sent_at FROM refunds) AS mails
WHERE sent_at IS NULL AND created_at < now() - @mail_overdue::interval`
