package postgres

const cancelledIsRefundedSQL = `
SELECT format('booking %s of cancelled event %s is %s, and the refunds were finished at %s', b.id, b.event_id, b.status, finished_at)
FROM cancellations AS c JOIN bookings AS b ON b.event_id = c.event_id AND b.status IN ('HELD', 'CONFIRMED')
WHERE finished_at IS NOT NULL
UNION ALL
SELECT format('event %s is %s and has a cancellation', e.id, e.status)
FROM cancellations JOIN events AS e ON e.id = event_id WHERE status <> 'CANCELLED'`

const cancellationIsStartedSQL = `
SELECT format('booking %s of cancelled event %s is CONFIRMED, and nobody refunds it', b.id, b.event_id)
FROM bookings AS b JOIN events AS e ON e.id = b.event_id
WHERE b.status = 'CONFIRMED' AND e.status = 'CANCELLED' AND NOT EXISTS (SELECT FROM cancellations AS c WHERE c.event_id = b.event_id)`

const noticeIsTrueSQL = `
SELECT format('a mail tells the buyer of booking %s that event %s was %s; the booking %s', n.booking_id, n.event_id, n.kind,
    coalesce('is ' || b.status || ' in event ' || b.event_id, 'does not exist'))
FROM notices AS n LEFT JOIN bookings AS b ON b.id = n.booking_id
WHERE (b.event_id, n.event_id) IS DISTINCT FROM (n.event_id, b.event_id) OR n.kind = 'cancelled' AND (b.status <> 'REFUNDED' OR n.about <> n.event_id)`
