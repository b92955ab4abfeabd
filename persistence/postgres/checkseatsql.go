package postgres

// Each query finds the rows of whole tables that break an invariant. They are
// written for hash joins, and format only the rows that they find.

const seatInOneLiveBookingSQL = `
SELECT format('seat %s of event %s is in bookings %s', seat_no, event_id, (
    SELECT string_agg(booking_id::text, ', ' ORDER BY booking_id)
    FROM booking_seats JOIN bookings ON bookings.id = booking_id
    WHERE (booking_seats.event_id, seat_no) = (twice.event_id, twice.seat_no) AND status IN ('HELD', 'CONFIRMED')))
FROM (
    SELECT booking_seats.event_id, seat_no FROM booking_seats JOIN bookings ON bookings.id = booking_id
    LEFT JOIN ` + returnedItems + ` USING (booking_id, position)
    WHERE status IN ('HELD', 'CONFIRMED') AND seat_no IS NOT NULL AND returned.booking_id IS NULL GROUP BY booking_seats.event_id, seat_no HAVING count(*) > 1
) AS twice`

// Seats of ended bookings are found by endedBookingHasNoSeatSQL.
const seatStatusSQL = `
SELECT format('seat %s of event %s is %s, its booking %s %s', seat_no, s.event_id, s.status, booking_id,
    coalesce('is ' || b.status || ' in event ' || b.event_id, 'does not exist'))
FROM seats AS s LEFT JOIN bookings AS b ON b.id = s.booking_id
WHERE (s.status IN ('HELD', 'BOOKED') OR s.booking_id IS NOT NULL) AND (b.id IS NULL OR b.event_id <> s.event_id
    OR b.status = 'HELD' AND s.status <> 'HELD' OR b.status = 'CONFIRMED' AND s.status <> 'BOOKED')`

const takenSeatIsListedSQL = `
SELECT format('seat %s of event %s is %s by booking %s, which does not list it live', seat_no, event_id, status, booking_id)
FROM seats AS s WHERE booking_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM booking_seats AS l WHERE l.live AND (l.booking_id, l.seat_no, l.event_id) = (s.booking_id, s.seat_no, s.event_id))`

const liveListingIsTakenSQL = `
SELECT format('booking %s lists seat %s of event %s, which is not its own', booking_id, seat_no, event_id)
FROM booking_seats AS l WHERE live AND seat_no IS NOT NULL AND NOT EXISTS (
    SELECT FROM seats AS s WHERE (s.event_id, s.seat_no, s.booking_id) = (l.event_id, l.seat_no, l.booking_id))`

const liveBookingKeepsSeatsSQL = `
SELECT format('seat %s of event %s is listed, live: %s, by booking %s, which %s', seat_no, l.event_id, live, booking_id,
    coalesce('is ' || status || ' in event ' || b.event_id, 'does not exist'))
FROM booking_seats AS l LEFT JOIN bookings AS b ON b.id = l.booking_id LEFT JOIN ` + returnedItems + ` USING (booking_id, position)
WHERE b.id IS NULL OR b.event_id <> l.event_id OR status IN ('HELD', 'CONFIRMED') AND NOT live AND returned.booking_id IS NULL`

const endedBookingHasNoSeatSQL = `
SELECT format('booking %s is %s and lists seat %s of event %s as live', b.id, status, seat_no, l.event_id)
FROM bookings AS b JOIN booking_seats AS l ON l.booking_id = b.id AND live
WHERE status IN ('EXPIRED', 'CANCELLED', 'REFUNDED')
UNION ALL
SELECT format('booking %s is %s and owns seat %s of event %s', b.id, b.status, seat_no, s.event_id)
FROM bookings AS b JOIN seats AS s ON s.booking_id = b.id
WHERE b.status IN ('EXPIRED', 'CANCELLED', 'REFUNDED')`

const blockedSeatHasABlockSQL = `
SELECT format('seat %s of event %s is %s by blocking %s, which %s', seat_no, s.event_id, s.status, coalesce(s.blocking_id::text, 'none'),
    CASE WHEN b.blocked THEN 'blocks seats' WHEN NOT b.blocked THEN 'gave seats back' ELSE 'does not exist in the event' END)
FROM seats AS s LEFT JOIN seat_blockings AS b ON b.event_id = s.event_id AND b.id = s.blocking_id
WHERE s.status = 'BLOCKED' AND (b.id IS NULL OR NOT b.blocked OR s.booking_id IS NOT NULL)
    OR s.status <> 'BLOCKED' AND s.blocking_id IS NOT NULL`

const removedSeatWasNeverSoldSQL = `
SELECT format('booking %s lists seat %s of event %s, which was removed', l.booking_id, l.seat_no, l.event_id)
FROM seats AS s JOIN booking_seats AS l ON l.event_id = s.event_id AND l.seat_no = s.seat_no WHERE s.status = 'REMOVED'`

// This count relies neither on booking_seats.live nor on seats.booking_id.
const takenSeatsAddUpSQL = `
WITH shown AS (
    SELECT event_id, count(*) FILTER (WHERE status = 'HELD') AS held, count(*) FILTER (WHERE status = 'BOOKED') AS booked
    FROM seats WHERE status IN ('HELD', 'BOOKED') GROUP BY event_id
), listed AS (
    SELECT l.event_id, count(*) FILTER (WHERE status = 'HELD') AS held, count(*) FILTER (WHERE status = 'CONFIRMED') AS booked
    FROM booking_seats AS l JOIN bookings ON bookings.id = l.booking_id LEFT JOIN ` + returnedItems + ` USING (booking_id, position)
    WHERE status IN ('HELD', 'CONFIRMED') AND seat_no IS NOT NULL AND returned.booking_id IS NULL GROUP BY l.event_id
)
SELECT format('event %s shows %s held and %s booked, its bookings list %s and %s', event_id,
    coalesce(shown.held, 0), coalesce(shown.booked, 0), coalesce(listed.held, 0), coalesce(listed.booked, 0))
FROM shown FULL JOIN listed USING (event_id)
WHERE (shown.held, shown.booked) IS DISTINCT FROM (listed.held, listed.booked)`

const seatsTotalSQL = `
SELECT format('event %s has %s seats and says %s', id, coalesce(counted, 0), seats_total)
FROM events LEFT JOIN (SELECT event_id, count(*) AS counted FROM seats WHERE status <> 'REMOVED' GROUP BY event_id) AS s ON s.event_id = id
WHERE seats_total <> coalesce(counted, 0)`

const seatNumbersSQL = `
SELECT format('event %s has %s seats, numbered from %s to %s', event_id, count(*), min(seat_no), max(seat_no))
FROM seats GROUP BY event_id HAVING min(seat_no) <> 0 OR max(seat_no) <> count(*) - 1`

const seatCurrencySQL = `
SELECT format('seat %s of event %s costs %s, the event %s', seat_no, event_id, s.currency,
    CASE WHEN e.id IS NULL THEN 'does not exist' ELSE 'has ' || coalesce(e.currency, 'none') END)
FROM seats AS s LEFT JOIN events AS e ON e.id = s.event_id
WHERE e.currency IS DISTINCT FROM s.currency AND s.status <> 'REMOVED'`

const categoryAndTypeExistSQL = `
SELECT format('seat %s of event %s is of category %s, which %s', seat_no, s.event_id, category_no,
    CASE WHEN c.no IS NULL THEN 'does not exist' ELSE 'is not offered' END)
FROM seats AS s LEFT JOIN categories AS c ON (c.event_id, c.no) = (s.event_id, s.category_no)
WHERE category_no IS NOT NULL AND c.position IS NULL
UNION ALL
SELECT format('section %s of event %s is of category %s, which %s', s.name, s.event_id, category_no,
    CASE WHEN c.no IS NULL THEN 'does not exist' ELSE 'is not offered' END)
FROM sections AS s LEFT JOIN categories AS c ON (c.event_id, c.no) = (s.event_id, s.category_no)
WHERE category_no IS NOT NULL AND c.position IS NULL
UNION ALL
SELECT format('booking %s of event %s has an item of category %s and ticket type %s: one does not exist',
    booking_id, i.event_id, category_no, ticket_type_no)
FROM booking_seats AS i LEFT JOIN categories AS c ON (c.event_id, c.no) = (i.event_id, i.category_no)
    LEFT JOIN ticket_types AS t ON (t.event_id, t.no) = (i.event_id, i.ticket_type_no)
WHERE category_no IS NOT NULL AND c.no IS NULL OR ticket_type_no IS NOT NULL AND t.no IS NULL`

// A seat is added with version 1 or higher, and each change raises it.
const seatVersionSQL = `
SELECT format('seat %s of event %s is %s and has version %s', seat_no, event_id, status, version)
FROM seats WHERE version < 1 OR version < 2 AND status <> 'AVAILABLE'`

// A batch that changes a booking changes all of its seats.
const bookingChangesAtOnceSQL = `
SELECT format('booking %s has seats of versions from %s to %s', booking_id, min(version), max(version))
FROM seats WHERE booking_id IS NOT NULL GROUP BY booking_id HAVING min(version) <> max(version)`

const epochSQL = `
SELECT format('event %s has epoch %s', id, epoch) FROM events
WHERE epoch < 0 OR epoch = 0 AND EXISTS (SELECT FROM bookings WHERE event_id = events.id)`

// Seats and places have one event, and each booking changes at once, so the places of a
// section are those of live bookings.
const placesAddUpSQL = `
SELECT format('section %s of event %s counts %s places taken, live bookings have %s; its capacity is %s, of which %s are blocked',
    s.name, s.event_id, s.taken, coalesce(listed.taken, 0), s.capacity, s.blocked)
FROM sections AS s LEFT JOIN (
    SELECT l.event_id, section_no, count(*) AS taken FROM booking_seats AS l JOIN bookings ON bookings.id = booking_id
    WHERE section_no IS NOT NULL AND live AND status IN ('HELD', 'CONFIRMED') GROUP BY l.event_id, section_no
) AS listed ON listed.event_id = s.event_id AND listed.section_no = s.no
WHERE s.taken <> coalesce(listed.taken, 0) OR s.taken + s.blocked > s.capacity
UNION ALL
SELECT format('booking %s has a place in section %s of event %s, which does not exist', booking_id, section_no, l.event_id)
FROM booking_seats AS l WHERE section_no IS NOT NULL AND NOT EXISTS (
    SELECT FROM sections AS s WHERE s.event_id = l.event_id AND s.no = l.section_no)`
