-- +goose NO TRANSACTION
-- +goose Up

-- The sale goes on while the indexes are built. An attempt that failed leaves an invalid index behind. The second one takes the place
-- of bookings_of_event, so that a hold writes one index more and not two. Neither has the id, so that only the primary key offers
-- itself for one: bookings of the same time, which are those of one batch, are sorted when they are read.
DROP INDEX CONCURRENTLY IF EXISTS bookings_by_time;
CREATE INDEX CONCURRENTLY bookings_by_time ON bookings (coalesce(status, ''), created_at);
COMMENT ON INDEX bookings_by_time IS 'everybody''s bookings, newest first, by cursor; in a form that nothing else asks for, so that no event''s are read by status';
DROP INDEX CONCURRENTLY IF EXISTS bookings_of_event_by_time;
CREATE INDEX CONCURRENTLY bookings_of_event_by_time ON bookings (event_id, status, created_at);
COMMENT ON INDEX bookings_of_event_by_time IS 'an activation reads the live ones; an event with any is not deleted; its bookings, newest first';
DROP INDEX CONCURRENTLY IF EXISTS bookings_of_event;
