-- +goose NO TRANSACTION
-- +goose Up

-- The sale goes on while the index is built. An attempt that failed leaves an invalid index behind.
DROP INDEX IF EXISTS bookings_ended;
CREATE INDEX CONCURRENTLY bookings_ended ON bookings (ended_at, id) WHERE status IN ('EXPIRED', 'CANCELLED');
COMMENT ON INDEX bookings_ended IS 'the purge takes those that ended first and that nobody paid for';
