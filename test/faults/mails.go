package main

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/mailsink"
	"github.com/eventra/eventra/test/wait"
)

// mailsTimeout outlasts the lease of a mail that the queue lost, and the longest
// pause between retries that a run leads to.
const mailsTimeout = 3 * time.Minute

// expectation is which mails have to arrive and which may, by message id without its domain.
type expectation struct{ due, possible map[string]bool }

// judgeMails waits until everybody was told what there is to tell, once: the tickets of each
// confirmed booking, and what has become of events that were cancelled or rescheduled. It requires
// that no other mail has arrived.
func (c *cluster) judgeMails(ctx context.Context) error {
	expected, err := c.expectMails(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	var messages map[string]mailsink.Message
	missing := 0
	err = wait.Until(ctx, mailsTimeout, "the mails", func() bool {
		messages = withoutDomain(c.system.Mail.Messages())
		missing = 0
		for id := range expected.due {
			if messages[id].Copies == 0 {
				missing++
			}
		}
		return missing == 0
	})
	if err != nil {
		c.Fail("%d mails are missing: %v", missing, err)
	}
	copies, kinds := 0, map[string]int{}
	for id, message := range messages {
		if aboutAccount(id) {
			continue
		}
		copies += message.Copies - 1
		kinds[kindOf(id)]++
		if !expected.due[id] && !expected.possible[id] {
			c.Fail("the mail %s tells what is not so", id)
		}
	}
	c.Figure("mails", "%d of %d: %v; %d second copies, %d refused; the last after %.1f s",
		len(expected.due)-missing, len(expected.due), kinds, copies, c.system.Mail.Refused(), time.Since(began).Seconds())
	return nil
}

// expectMails reads which mails are due. The tickets of a booking that was refunded may have
// been sent before that, as the news of a rescheduling to one that has ended since. Whom an
// administrator gave money back may not have had a booking any more when the event was cancelled.
func (c *cluster) expectMails(ctx context.Context) (e expectation, err error) {
	e = expectation{map[string]bool{}, map[string]bool{}}
	var refunded []string // by an administrator, perhaps
	for _, o := range c.Ledger.Operations() {
		if o.Refunds() {
			refunded = append(refunded, o.Booking)
		}
	}
	rows, err := c.DB.Query(ctx, mailsSQL, refunded)
	if err != nil {
		return e, err
	}
	var id string
	var due bool
	_, err = pgx.ForEachRow(rows, []any{&id, &due}, func() error {
		if e.possible[id] = true; due {
			e.due[id] = true
		}
		return nil
	})
	return e, err
}

// mailsSQL does not ask the tables that the mails come from.
const mailsSQL = `
SELECT id::text, status = 'CONFIRMED' FROM bookings WHERE status IN ('CONFIRMED', 'REFUNDED')
UNION ALL
SELECT b.id || '.cancelled.' || b.event_id, b.id <> ALL ($1::text[]::uuid[]) FROM bookings b JOIN cancellations USING (event_id) WHERE b.status = 'REFUNDED'
UNION ALL
SELECT booking_id || '.refunded.' || id, status = 'SUCCEEDED' FROM refunds
UNION ALL
SELECT b.id || '.rescheduled.' || r.id,
    b.status = 'CONFIRMED' AND r.id = (SELECT id FROM reschedulings last WHERE last.event_id = b.event_id ORDER BY created_at DESC LIMIT 1)
FROM bookings b JOIN reschedulings r USING (event_id) WHERE b.created_at <= r.created_at AND (b.ended_at IS NULL OR b.ended_at >= r.created_at)`

func kindOf(id string) string {
	parts := strings.Split(id, ".")
	if len(parts) < 2 {
		return "tickets"
	}
	return parts[1]
}

// aboutAccount reports whether a mail is about an account, not a booking.
func aboutAccount(id string) bool { return strings.Count(id, ".") == 1 }

// withoutDomain returns the messages by what stands before the @ of their ids.
func withoutDomain(messages map[string]mailsink.Message) map[string]mailsink.Message {
	short := map[string]mailsink.Message{}
	for id, message := range messages {
		name, _, _ := strings.Cut(id, "@")
		short[name] = message
	}
	return short
}
