-- +goose Up

-- Both statements change the catalogue only. Members of the release before find a seat among the items of its booking, which
-- are fifty at most.
SET LOCAL lock_timeout = '1s';
ALTER TABLE booking_seats
    DROP CONSTRAINT booking_seats_pkey,
    ADD CONSTRAINT booking_seats_pkey PRIMARY KEY USING INDEX booking_seats_by_position;
ALTER TABLE booking_seats ALTER COLUMN seat_no DROP NOT NULL;
COMMENT ON CONSTRAINT booking_seats_pkey ON booking_seats IS 'the items of a booking are numbered';
COMMENT ON TABLE booking_seats IS 'the items of bookings: each is one ticket, for a seat or for a place in a general-admission section';
