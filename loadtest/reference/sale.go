package main

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// schema has no more indexes and keys than Eventra's, and the same room for
// updates in its pages.
const schema = `
CREATE TABLE IF NOT EXISTS events (id uuid PRIMARY KEY, status text NOT NULL, hold_seconds int NOT NULL);
CREATE TABLE IF NOT EXISTS seats (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL, name text NOT NULL,
    section text NOT NULL, row_label text NOT NULL, number int NOT NULL, amount bigint NOT NULL, currency text NOT NULL,
    status text NOT NULL DEFAULT 'AVAILABLE', booking_id uuid, UNIQUE (event_id, name)
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS bookings (
    id uuid PRIMARY KEY, event_id uuid NOT NULL, user_id uuid NOT NULL, status text NOT NULL, amount bigint NOT NULL,
    currency text NOT NULL, expires_at timestamptz NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS bookings_due ON bookings (expires_at) WHERE status = 'HELD';
CREATE INDEX IF NOT EXISTS bookings_of_user ON bookings (user_id, created_at DESC);
CREATE TABLE IF NOT EXISTS booking_seats (booking_id uuid, seat_id bigint, PRIMARY KEY (booking_id, seat_id));`

// Rows are locked in the order of their ids, so that transactions cannot deadlock.
const lockSQL = `
SELECT s.id, s.name, s.section, s.row_label, s.number, s.amount, s.currency, s.status, e.status, e.hold_seconds
FROM seats s JOIN events e ON e.id = s.event_id
WHERE s.event_id = $1 AND s.name = ANY ($2) ORDER BY s.id FOR UPDATE OF s`

const (
	bookSQL = `INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at)
VALUES ($1, $2, $3, 'HELD', $4, $5, now() + $6 * interval '1 second') RETURNING expires_at, created_at`
	listSQL = `INSERT INTO booking_seats (booking_id, seat_id) SELECT $1, unnest($2::bigint[])`
	takeSQL = `UPDATE seats SET status = 'HELD', booking_id = $1 WHERE id = ANY ($2)`
)

// hold books the seats in one transaction: row locks, checks, and all writes in one
// round trip.
func (s *server) hold(ctx context.Context, b *booking, seats []string) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		ids, err := lockSeats(ctx, tx, b, seats)
		if err != nil {
			return err
		}
		var writes pgx.Batch
		writes.Queue(bookSQL, b.ID, b.EventID, b.userID, b.Total.Amount, b.Total.Currency, b.hold.Seconds()).
			QueryRow(func(row pgx.Row) error { return row.Scan(&b.ExpiresAt, &b.CreatedAt) })
		writes.Queue(listSQL, b.ID, ids)
		writes.Queue(takeSQL, b.ID, ids)
		return tx.SendBatch(ctx, &writes).Close()
	})
}

// lockSeats locks the seats' rows and adds the seats to the booking.
func lockSeats(ctx context.Context, tx pgx.Tx, b *booking, seats []string) (ids []int64, err error) {
	rows, err := tx.Query(ctx, lockSQL, b.EventID, seats)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var taken []string
	for rows.Next() {
		var id int64
		var seat bookedSeat
		var status, eventStatus string
		var holdSeconds int
		if err := rows.Scan(&id, &seat.Seat, &seat.Section, &seat.Row, &seat.Number, &seat.Price.Amount,
			&seat.Price.Currency, &status, &eventStatus, &holdSeconds); err != nil {
			return nil, err
		}
		if eventStatus != "PUBLISHED" {
			return nil, &problem{Status: 409, Code: "sale_closed"}
		}
		if status != "AVAILABLE" {
			taken = append(taken, seat.Seat)
		}
		ids, b.Seats = append(ids, id), append(b.Seats, seat)
		b.Total.Amount, b.Total.Currency = b.Total.Amount+seat.Price.Amount, seat.Price.Currency
		b.hold = time.Duration(holdSeconds) * time.Second
	}
	switch {
	case rows.Err() != nil:
		return nil, rows.Err()
	case len(taken) > 0:
		return nil, &problem{Status: 409, Code: "seats_unavailable", Unavailable: taken}
	case len(ids) < len(seats):
		return nil, &problem{Status: 422, Code: "unknown_seats"}
	}
	return ids, nil
}

// release cancels a hold and frees its seats.
func (s *server) release(ctx context.Context, id, user uuid.UUID) (*booking, error) {
	b := &booking{ID: id, Status: "CANCELLED", userID: user}
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `UPDATE bookings SET status = 'CANCELLED' WHERE id = $1 AND user_id = $2 AND status = 'HELD'
RETURNING event_id, amount, currency, expires_at, created_at`, id, user).
			Scan(&b.EventID, &b.Total.Amount, &b.Total.Currency, &b.ExpiresAt, &b.CreatedAt)
		if errors.Is(err, pgx.ErrNoRows) {
			return &problem{Status: 409, Code: "not_cancellable"}
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `UPDATE seats SET status = 'AVAILABLE', booking_id = NULL
WHERE booking_id = $1 AND id IN (SELECT seat_id FROM booking_seats WHERE booking_id = $1)
RETURNING name, section, row_label, number, amount, currency`, id)
		if err != nil {
			return err
		}
		b.Seats, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (seat bookedSeat, err error) {
			return seat, row.Scan(&seat.Seat, &seat.Section, &seat.Row, &seat.Number, &seat.Price.Amount, &seat.Price.Currency)
		})
		return err
	})
	return b, err
}

func (s *server) addEvent(ctx context.Context, r *eventRequest) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO events VALUES ($1, 'PUBLISHED', $2)`, r.ID, r.HoldSeconds); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
INSERT INTO seats (event_id, name, section, row_label, number, amount, currency)
SELECT $1, concat_ws('-', $2::text, r, n), $2, r::text, n, $5, $6
FROM generate_series(1, $3::int) r, generate_series(1, $4::int) n ORDER BY r, n`,
			r.ID, r.Section, r.RowCount, r.SeatsPerRow, r.Price.Amount, r.Price.Currency)
		return err
	})
}
