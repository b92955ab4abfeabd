package postgres

import (
	"strconv"
	"strings"

	"github.com/eventra/eventra"
)

// refunds are the columns of money that goes back in parts, one entry a change.
type refunds struct {
	ids, payments            uuids
	numbers                  ints
	amounts                  bigints
	items, reasons, statuses texts
	released, ends           bools
}

func (r *refunds) add(c *eventra.Change) {
	refund := c.Refund
	r.ids, r.payments = append(r.ids, uuid(refund.ID)), append(r.payments, uuid(refund.PaymentID))
	r.numbers, r.amounts = append(r.numbers, int32(refund.N)), append(r.amounts, refund.Amount.Amount)
	r.items, r.reasons = append(r.items, arrayText(refund.Items)), append(r.reasons, refund.Reason)
	r.statuses, r.released = append(r.statuses, string(refund.Status)), append(r.released, refund.Released)
	r.ends = append(r.ends, c.Booking != nil && !c.Booking.Status.Live())
}

// arrayText is an array as PostgreSQL reads it from text: arrays of different lengths make no
// array of two dimensions.
func arrayText(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return "{" + strings.Join(texts, ",") + "}"
}

func itemsRefundedColumns(w *write) []any {
	r := &w.refunds
	return append(freeingColumns(w), w.events, r.ids, r.payments, r.numbers, r.amounts, r.items, r.released, r.reasons, r.statuses, r.ends)
}

func refundEndedColumns(w *write) []any { return []any{w.refunds.ids, w.refunds.statuses} }

// A refund whose id was used before is left out. The owner has decided that no more goes back than
// was paid; the statement counts again. The seats of released items are freed like those of
// bookings that ended. Each booking is written, so that placesSQL gives the places of its items back.
const itemsRefundedSQL = `
WITH asked AS (
    SELECT a.*, booking.at, booking.status AS booking_status, booking.payment_id AS paid_by
    FROM unnest($1::uuid[], $7::uuid[], $8::uuid[], $9::uuid[], $10::int[], $11::bigint[], $12::text[], $13::boolean[], $14::text[],
            $15::text[], $16::boolean[])
        AS a (booking_id, event_id, refund_id, payment_id, n, amount, items, released, reason, status, ends)` + bookingLookup + `
), paid AS (
    SELECT a.*, payment.status AS payment_status, payment.of, payment.charged,
        (SELECT coalesce(sum(amount), 0) FROM refunds WHERE refunds.payment_id = a.payment_id AND refunds.status <> 'FAILED') AS refunded
    FROM asked AS a` + paymentLookup + `
), made AS (
    INSERT INTO refunds (id, payment_id, booking_id, event_id, n, amount, items, released, reason, status, created_at, ended_at, mail_due_at)
    SELECT refund_id, payment_id, booking_id, event_id, n, amount, items::smallint[], released, reason, status, now(),
        CASE WHEN status <> 'PENDING' THEN now() END, now()
    FROM paid
    ON CONFLICT (id) DO NOTHING
    RETURNING id, booking_id
), reduced AS (
    UPDATE bookings SET status = CASE WHEN ends THEN 'REFUNDED' ELSE bookings.status END, ended_at = CASE WHEN ends THEN now() END FROM paid
    WHERE bookings.ctid = paid.at AND (paid.refund_id IN (SELECT id FROM made)) IS TRUE
    RETURNING 1
), ended AS (
    SELECT booking_id AS id FROM made
)` + freeSQL + `
SELECT ARRAY (SELECT id FROM made), eventra_assert((
    SELECT count(*) FROM paid WHERE (refund_id IN (SELECT id FROM made)) IS TRUE AND booking_status = 'CONFIRMED' AND paid_by = payment_id
        AND payment_status = 'SUCCEEDED' AND of = booking_id AND refunded + amount <= charged) = (SELECT count(*) FROM made)
    AND (SELECT count(*) FROM reduced) = (SELECT count(*) FROM made)
    AND ` + allFree + `, 'EV002')`

const refundEndedSQL = `
WITH asked AS (
    SELECT a.*, refund.at, refund.status AS was
    FROM unnest($1::uuid[], $2::text[]) AS a (refund_id, status)
    LEFT JOIN LATERAL (SELECT ctid AS at, status FROM refunds WHERE id = a.refund_id LIMIT 1) AS refund ON true
), ended AS (
    UPDATE refunds SET status = asked.status, ended_at = now() FROM asked
    WHERE refunds.ctid = asked.at AND asked.was = 'PENDING'
    RETURNING id
)
SELECT ARRAY (SELECT id FROM ended), true`
