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

// judgeMails waits until the mail of every confirmed booking has arrived, and
// requires that no other mail has.
func (c *cluster) judgeMails(ctx context.Context) error {
	rows, err := c.DB.Query(ctx, "SELECT id::text, status FROM bookings")
	if err != nil {
		return err
	}
	status := map[string]string{}
	var id, is string
	if _, err := pgx.ForEachRow(rows, []any{&id, &is}, func() error { status[id] = is; return nil }); err != nil {
		return err
	}
	began := time.Now()
	var messages map[string]mailsink.Message // by booking
	missing, confirmed := 0, 0
	err = wait.Until(ctx, mailsTimeout, "the mail of every confirmed booking", func() bool {
		messages = byBooking(c.system.Mail.Messages())
		missing, confirmed = 0, 0
		for id, is := range status {
			if is == "CONFIRMED" {
				confirmed++
				if messages[id].Copies == 0 {
					missing++
				}
			}
		}
		return missing == 0
	})
	if err != nil {
		c.Fail("%d mails are missing: %v", missing, err)
	}
	copies, unexpected := 0, 0
	for id, message := range messages {
		copies += message.Copies - 1
		if status[id] != "CONFIRMED" {
			unexpected++
		}
	}
	if unexpected > 0 {
		c.Fail("%d mails are of bookings that are not confirmed", unexpected)
	}
	c.Figure("mails", "%d of %d confirmed bookings, %d second copies, %d refused; the last after %.1f s",
		confirmed-missing, confirmed, copies, c.system.Mail.Refused(), time.Since(began).Seconds())
	return nil
}

// byBooking returns the messages by booking, whose id is the first part of the
// message id.
func byBooking(messages map[string]mailsink.Message) map[string]mailsink.Message {
	byBooking := map[string]mailsink.Message{}
	for id, message := range messages {
		booking, _, _ := strings.Cut(id, "@")
		byBooking[booking] = message
	}
	return byBooking
}
