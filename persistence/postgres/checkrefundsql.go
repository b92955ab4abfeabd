package postgres

// returnedItems are the items that refunds have released, by position.
const returnedItems = `(SELECT DISTINCT booking_id, unnest(items) - 1 AS position FROM refunds WHERE released) AS returned`

const refundBelongsSQL = `
SELECT format('refund %s of payment %s, booking %s in event %s: the payment %s', r.id, r.payment_id, r.booking_id, r.event_id,
    coalesce('is ' || p.status || ' for booking ' || p.booking_id || ' in event ' || p.event_id, 'does not exist'))
FROM refunds AS r LEFT JOIN payments AS p ON p.id = r.payment_id
WHERE (p.booking_id, p.event_id) IS DISTINCT FROM (r.booking_id, r.event_id) OR p.status NOT IN ('SUCCEEDED', 'REFUND_PENDING', 'REFUNDED')`

const refundsWithinPaymentSQL = `
SELECT format('payment %s is of %s %s, its refunds of %s', p.id, p.amount, p.currency, r.amount)
FROM (SELECT payment_id, sum(amount) AS amount FROM refunds WHERE status <> 'FAILED' GROUP BY payment_id) AS r
JOIN payments AS p ON p.id = r.payment_id WHERE r.amount > p.amount`

const returnedItemIsReleasedSQL = `
SELECT format('item %s of booking %s is %s, though a refund has released it', position + 1, booking_id,
    CASE WHEN live THEN 'live' ELSE 'missing' END)
FROM ` + returnedItems + ` LEFT JOIN booking_seats AS l USING (booking_id, position)
WHERE live IS DISTINCT FROM false`

const confirmedHasAnItemSQL = `
SELECT format('booking %s is CONFIRMED and has no item left', id) FROM bookings
WHERE status = 'CONFIRMED' AND NOT EXISTS (SELECT FROM booking_seats AS l WHERE l.booking_id = bookings.id AND live)`

// A refund of nothing is not in the gateway's books.
const refundIsInTheBooksSQL = `
SELECT format('refund %s is %s, %s; the gateway''s entry %s', r.id, r.status, r.amount,
    coalesce('is ' || b.status || ', ' || b.amount || ' of payment ' || b.payment_id || ' in event ' || b.event_id, 'does not exist'))
FROM refunds AS r LEFT JOIN mock_refunds AS b ON b.key = format('refund/%s/%s', r.payment_id, r.n)
WHERE (r.amount > 0 OR b.key IS NOT NULL) AND (
    r.status = 'SUCCEEDED' AND b.status IS DISTINCT FROM 'RETURNED' OR r.status = 'FAILED' AND b.status IS DISTINCT FROM 'REFUSED'
    OR (b.payment_id, b.event_id, b.amount) <> (r.payment_id, r.event_id, r.amount))
UNION ALL
SELECT format('the gateway''s entry %s is %s, %s: there is no such refund', key, b.status, b.amount)
FROM mock_refunds AS b LEFT JOIN refunds AS r ON b.key = format('refund/%s/%s', r.payment_id, r.n) WHERE r.id IS NULL
    AND NOT EXISTS (SELECT FROM restored_charges AS noted WHERE noted.payment_id = b.payment_id)
UNION ALL
SELECT format('charge %s of %s was returned in parts of %s', c.payment_id, c.amount, b.amount)
FROM (SELECT payment_id, sum(amount) AS amount FROM mock_refunds WHERE status = 'RETURNED' GROUP BY payment_id) AS b
JOIN mock_charges AS c ON c.payment_id = b.payment_id WHERE b.amount > c.amount`
