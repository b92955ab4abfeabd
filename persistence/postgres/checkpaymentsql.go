package postgres

const confirmedIsPaidSQL = `
SELECT format('booking %s of %s %s names payment %s, which %s', b.id, b.amount, b.currency, b.payment_id,
    coalesce('is ' || p.status || ', ' || p.amount || ' ' || p.currency || ' for booking ' || p.booking_id, 'does not exist'))
FROM bookings AS b LEFT JOIN payments AS p ON p.id = b.payment_id
WHERE b.status = 'CONFIRMED'
    AND (p.booking_id, p.status, p.amount, p.currency) IS DISTINCT FROM (b.id, 'SUCCEEDED', b.amount, b.currency)`

const succeededIsConfirmedSQL = `
SELECT format('payment %s is SUCCEEDED, booking %s %s', p.id, p.booking_id,
    coalesce('is ' || b.status || ' and names ' || coalesce('payment ' || b.payment_id, 'none'), 'does not exist'))
FROM payments AS p LEFT JOIN bookings AS b ON b.id = p.booking_id
WHERE p.status = 'SUCCEEDED' AND (b.payment_id IS DISTINCT FROM p.id OR b.status NOT IN ('CONFIRMED', 'REFUNDED'))`

const refundedIsGivenBackSQL = `
SELECT format('booking %s of %s %s names payment %s, which %s', b.id, b.amount, b.currency, b.payment_id,
    coalesce('is ' || p.status || ', ' || p.amount || ' ' || p.currency || ' for booking ' || p.booking_id, 'does not exist'))
FROM bookings AS b LEFT JOIN payments AS p ON p.id = b.payment_id
WHERE b.status = 'REFUNDED' AND ((p.booking_id, p.amount, p.currency) IS DISTINCT FROM (b.id, b.amount, b.currency)
    OR p.status NOT IN ('REFUND_PENDING', 'REFUNDED') AND NOT (p.status = 'SUCCEEDED' AND NOT EXISTS (
        SELECT FROM booking_seats AS l LEFT JOIN ` + returnedItems + ` USING (booking_id, position)
        WHERE l.booking_id = b.id AND returned.booking_id IS NULL)))`

const paymentBelongsSQL = `
SELECT format('payment %s is of %s %s by user %s in event %s, booking %s %s', p.id, p.amount, p.currency, p.user_id, p.event_id,
    p.booking_id, coalesce('is of ' || b.amount || ' ' || b.currency || ' by user ' || b.user_id || ' in event ' || b.event_id,
        'does not exist'))
FROM payments AS p LEFT JOIN bookings AS b ON b.id = p.booking_id
WHERE (p.event_id, p.user_id, p.amount, p.currency) IS DISTINCT FROM (b.event_id, b.user_id, b.amount, b.currency)`

const pendingIsNotedSQL = `
SELECT format('payment %s is PENDING, booking %s %s', p.id, p.booking_id,
    coalesce('is ' || b.status || ' and names ' || coalesce('payment ' || b.payment_id, 'none'), 'does not exist'))
FROM payments AS p LEFT JOIN bookings AS b ON b.id = p.booking_id
WHERE p.status = 'PENDING' AND (b.payment_id IS DISTINCT FROM p.id OR b.status NOT IN ('HELD', 'EXPIRED'))
UNION ALL
SELECT format('booking %s is HELD and names payment %s, which %s', b.id, b.payment_id,
    coalesce('is ' || p.status || ' for booking ' || p.booking_id, 'does not exist'))
FROM bookings AS b LEFT JOIN payments AS p ON p.id = b.payment_id
WHERE b.status = 'HELD' AND b.payment_id IS NOT NULL AND (p.status, p.booking_id) IS DISTINCT FROM ('PENDING', b.id)`

const pendingEndsInTimeSQL = `
SELECT format('payment %s for booking %s had until %s', id, booking_id, grace_until)
FROM payments WHERE status = 'PENDING' AND grace_until < now() - @payment_overdue::interval`

const refundEndsInTimeSQL = `
SELECT format('payment %s for booking %s is due back since %s', id, booking_id, updated_at)
FROM payments WHERE status = 'REFUND_PENDING' AND updated_at < now() - @payment_overdue::interval
UNION ALL
SELECT format('refund %s for booking %s is PENDING since %s', id, booking_id, created_at)
FROM refunds WHERE status = 'PENDING' AND created_at < now() - @payment_overdue::interval`

// notedCharge: a database that was restored had lost the payment of charge c, or what became of it.
const notedCharge = `EXISTS (SELECT FROM restored_charges AS noted WHERE noted.payment_id = c.payment_id)`

// From the gateway's side: a charge that neither pays for seats nor is being
// refunded is lost to its payer.
const takenMoneySQL = `
SELECT format('charge %s of event %s is %s, %s %s; the payment %s', c.payment_id, c.event_id, c.status, c.amount, c.currency,
    coalesce('is ' || p.status || ', ' || p.amount || ' ' || p.currency || ' in event ' || p.event_id, 'does not exist'))
FROM mock_charges AS c LEFT JOIN payments AS p ON p.id = c.payment_id
WHERE p.id IS NULL AND (c.status = 'CHARGED' OR NOT ` + notedCharge + `)
    OR c.event_id <> p.event_id OR c.status <> 'VOIDED' AND (p.amount, p.currency) <> (c.amount, c.currency)
    OR c.status = 'CHARGED' AND p.status NOT IN ('PENDING', 'SUCCEEDED', 'REFUND_PENDING')`

// From the payment's side, except for what takenMoneySQL finds. FAILED means that
// no money will move, which takes a void. A refund is marked after it happened.
// A payment of nothing has no charge.
const paymentHasItsChargeSQL = `
SELECT format('payment %s is %s, its charge %s', p.id, p.status, coalesce('is ' || c.status, 'does not exist'))
FROM payments AS p LEFT JOIN mock_charges AS c ON c.payment_id = p.id
WHERE p.method = 'mock' AND (p.amount > 0 OR c.payment_id IS NOT NULL) AND c.status IS DISTINCT FROM 'CHARGED' AND CASE p.status
    WHEN 'SUCCEEDED' THEN true
    WHEN 'REFUND_PENDING' THEN c.status IS DISTINCT FROM 'REFUNDED'
    WHEN 'REFUNDED' THEN c.status IS DISTINCT FROM 'REFUNDED'
    WHEN 'FAILED' THEN c.status IS DISTINCT FROM 'VOIDED' AND NOT (c.status = 'REFUNDED' AND ` + notedCharge + `)
    ELSE c.status = 'REFUNDED' AND NOT ` + notedCharge + ` END`
