-- +goose NO TRANSACTION
-- +goose Up

-- The sale goes on while the index is built. An attempt that failed leaves an invalid index behind. A hold writes no row of it:
-- booking_seats_one_live has the live ones.
DROP INDEX CONCURRENTLY IF EXISTS booking_seats_ended;
CREATE INDEX CONCURRENTLY booking_seats_ended ON booking_seats (event_id, seat_no) WHERE NOT live;
COMMENT ON INDEX booking_seats_ended IS 'the bookings that had a seat';
