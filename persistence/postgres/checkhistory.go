package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// CheckHistory is what a check remembers for a later one: epochs never go back,
// and few statuses can follow another.
type CheckHistory struct {
	At       time.Time           `json:"at"`
	Epochs   map[string]int64    `json:"epochs"`   // by event
	Bookings map[string][]string `json:"bookings"` // ids by status
}

func readHistory(ctx context.Context, tx pgx.Tx, at time.Time) (*CheckHistory, error) {
	h := &CheckHistory{At: at, Epochs: map[string]int64{}, Bookings: map[string][]string{}}
	var id, status string
	var epoch int64
	rows, err := tx.Query(ctx, `SELECT id::text, epoch FROM events`)
	if err != nil {
		return nil, err
	}
	if _, err = pgx.ForEachRow(rows, []any{&id, &epoch}, func() error {
		h.Epochs[id] = epoch
		return nil
	}); err != nil {
		return nil, err
	}
	if rows, err = tx.Query(ctx, `SELECT id::text, status FROM bookings`); err != nil {
		return nil, err
	}
	_, err = pgx.ForEachRow(rows, []any{&id, &status}, func() error {
		h.Bookings[status] = append(h.Bookings[status], id)
		return nil
	})
	return h, err
}

// addTo adds the history as columns to the arguments of the queries that compare.
func (h *CheckHistory) addTo(args pgx.NamedArgs) {
	if h == nil {
		return
	}
	var events, bookings, statuses texts
	var epochs bigints
	for event, epoch := range h.Epochs {
		events, epochs = append(events, event), append(epochs, epoch)
	}
	for status, ids := range h.Bookings {
		for _, id := range ids {
			bookings, statuses = append(bookings, id), append(statuses, status)
		}
	}
	args["events"], args["epochs"], args["bookings"], args["statuses"] = events, epochs, bookings, statuses
}

const epochsNeverGoBackSQL = `
SELECT format('event %s has epoch %s and had %s', events.id, events.epoch, was.epoch)
FROM unnest(@events::text[], @epochs::bigint[]) AS was (event_id, epoch) JOIN events ON events.id = was.event_id::uuid
WHERE events.epoch < was.epoch`

// A booking that was HELD may have any status by now. One that ended without being confirmed
// may have been purged; its id tells its age.
const statusesFollowSQL = `
SELECT format('booking %s was %s and %s', was.id, was.status, coalesce('is ' || bookings.status, 'is gone'))
FROM unnest(@bookings::text[], @statuses::text[]) AS was (id, status) LEFT JOIN bookings ON bookings.id = was.id::uuid
WHERE bookings.id IS NULL AND (was.status IN ('CONFIRMED', 'REFUNDED') OR @retention::interval = '0'
        OR ('x' || left(replace(was.id, '-', ''), 12))::bit(48)::bigint > extract(epoch FROM now() - @retention::interval + interval '1 hour') * 1000)
    OR bookings.status <> was.status AND was.status <> 'HELD' AND (was.status, bookings.status) <> ('CONFIRMED', 'REFUNDED')`
