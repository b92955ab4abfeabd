package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// BookingDetails reads what is known about a booking besides what its sale needs. It is zero
// if there is no such booking. Concurrent calls share a round trip.
func (db *DB) BookingDetails(ctx context.Context, id eventra.ID) (eventra.BookingDetails, error) {
	return db.details.Call(ctx, id)
}

// DetailsOfBookings is BookingDetails for a page of bookings.
func (db *DB) DetailsOfBookings(ctx context.Context, ids []eventra.ID) ([]eventra.BookingDetails, error) {
	return db.detailsOn(ctx, db.pool, ids)
}

// DetailsForOffice is DetailsOfBookings on a connection that no sale needs.
func (db *DB) DetailsForOffice(ctx context.Context, ids []eventra.ID) ([]eventra.BookingDetails, error) {
	return db.detailsOn(ctx, db.office, ids)
}

func (db *DB) detailsOn(ctx context.Context, pool *pgxpool.Pool, ids []eventra.ID) (details []eventra.BookingDetails, err error) {
	err = db.withConnOf(ctx, pool, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		details, err = readDetails(ctx, conn, ids)
		return err
	})
	return details, err
}

// A customer who is gone is known by the id alone.
var bookingDetailsSQL = `
SELECT position, confirmed_at, ended_at, noted.metadata, user_id, coalesce(customer.kind, 'user'), coalesce(customer.external_id, ''),
    coalesce(customer.email, ''), coalesce(customer.name, '')
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (booking_id, position)
CROSS JOIN LATERAL (
    SELECT user_id, confirmed_at, ended_at FROM bookings WHERE bookings.id = wanted.booking_id LIMIT 1
) AS booking
LEFT JOIN LATERAL (SELECT metadata FROM booking_metadata WHERE booking_metadata.booking_id = wanted.booking_id LIMIT 1) AS noted ON true
LEFT JOIN LATERAL (` + customerSQL("booking.user_id") + `) AS customer ON true`

func readDetails(ctx context.Context, conn *pgxpool.Conn, ids []eventra.ID) ([]eventra.BookingDetails, error) {
	rows, err := conn.Query(ctx, bookingDetailsSQL, uuidsOf(ids))
	if err != nil {
		return nil, err
	}
	details := make([]eventra.BookingDetails, len(ids))
	var position int
	var confirmed, ended pgtype.Timestamptz
	var metadata []byte
	var c eventra.Customer
	_, err = pgx.ForEachRow(rows, []any{&position, &confirmed, &ended, &metadata, &c.ID, &c.Kind, &c.ExternalID, &c.Email, &c.Name}, func() error {
		d := &details[position-1]
		d.ConfirmedAt, d.EndedAt, d.Customer = confirmed.Time, ended.Time, c
		if metadata == nil {
			return nil
		}
		return json.Unmarshal(metadata, &d.Metadata)
	})
	return details, err
}

const (
	putMetadataSQL = `
INSERT INTO booking_metadata (booking_id, metadata) SELECT id, $2 FROM bookings WHERE id = $1
ON CONFLICT (booking_id) DO UPDATE SET metadata = excluded.metadata`
	deleteMetadataSQL = `DELETE FROM booking_metadata WHERE booking_id = $1`
)

// PutMetadata replaces the metadata of a booking. What an administrator writes is in the audit log.
// CodeNotFound if there is no such booking.
func (db *DB) PutMetadata(ctx context.Context, b *eventra.Booking, m eventra.Metadata) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return db.inTx(ctx, callTimeout, func(ctx context.Context, tx pgx.Tx) error {
		if len(m) == 0 {
			if _, err := tx.Exec(ctx, deleteMetadataSQL, b.ID); err != nil {
				return err
			}
		} else if put, err := tx.Exec(ctx, putMetadataSQL, b.ID, text); err != nil {
			return err
		} else if put.RowsAffected() == 0 {
			return eventra.Errorf(eventra.CodeNotFound, "no such booking")
		}
		if actor := eventra.ActorOf(ctx); actor.Kind == eventra.ActorUser {
			return writeAudit(ctx, tx, actor.AboutBooking(eventra.AuditBookingNote, b))
		}
		return nil
	})
}
