package scenario

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/mailsink"
)

// mailsWithin outlasts the lease of a mail whose queue was emptied, and the
// longest pause between tries that a run can lead to.
const mailsWithin = 3 * time.Minute

// judgeMails waits until the mail of every confirmed booking has come, and
// looks that no other has.
func (w *faultWorld) judgeMails(ctx context.Context) error {
	rows, err := w.DB.Query(ctx, "SELECT id::text, status FROM bookings")
	if err != nil {
		return err
	}
	status := map[string]string{}
	var id, is string
	if _, err := pgx.ForEachRow(rows, []any{&id, &is}, func() error { status[id] = is; return nil }); err != nil {
		return err
	}
	began := time.Now()
	var letters map[string]mailsink.Message // by booking
	missing, confirmed := 0, 0
	err = until(ctx, mailsWithin, "the mail of every confirmed booking", func() bool {
		letters = byBooking(w.ground.Mail.Messages())
		missing, confirmed = 0, 0
		for id, is := range status {
			if is == "CONFIRMED" {
				confirmed++
				if letters[id].Copies == 0 {
					missing++
				}
			}
		}
		return missing == 0
	})
	if err != nil {
		w.Fail("%d mails are missing: %v", missing, err)
	}
	copies, foreign := 0, 0
	for id, letter := range letters {
		copies += letter.Copies - 1
		if status[id] != "CONFIRMED" {
			foreign++
		}
	}
	if foreign > 0 {
		w.Fail("%d mails are of bookings that are not confirmed", foreign)
	}
	w.Figure("mails", "%d of %d confirmed bookings, %d second copies, %d refused; the last after %.1f s",
		confirmed-missing, confirmed, copies, w.ground.Mail.Refused(), time.Since(began).Seconds())
	return nil
}

// byBooking goes by the booking that a message id names: a second copy has the
// same one.
func byBooking(letters map[string]mailsink.Message) map[string]mailsink.Message {
	named := map[string]mailsink.Message{}
	for id, letter := range letters {
		booking, _, _ := strings.Cut(id, "@")
		named[booking] = letter
	}
	return named
}
