-- +goose NO TRANSACTION
-- +goose Up

-- The sale goes on while the index is built. An attempt that failed leaves an invalid index behind.
DROP INDEX CONCURRENTLY IF EXISTS bookings_reference;
CREATE UNIQUE INDEX CONCURRENTLY bookings_reference ON bookings (reference_no);
COMMENT ON INDEX bookings_reference IS 'no two bookings have one reference; finds a booking by it, and those that have none yet';
