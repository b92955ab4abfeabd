-- +goose NO TRANSACTION
-- +goose Up

-- The sale goes on while the index is built. An attempt that failed leaves an invalid index behind.
DROP INDEX IF EXISTS booking_seats_by_position;
CREATE UNIQUE INDEX CONCURRENTLY booking_seats_by_position ON booking_seats (booking_id, position);
