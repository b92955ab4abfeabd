-- +goose Up

-- A waiting lock on seats would stop every sale behind it: rather give up, and be started again.
SET LOCAL lock_timeout = '1s';

-- One row for each time that seats were blocked or given back: who, why, and the outcome, for the same request again. Members of
-- the build before do not know the status BLOCKED: they refuse to load an event with such a seat, and answer 503.
CREATE TABLE seat_blockings (
    event_id uuid        NOT NULL,
    id       uuid        NOT NULL,
    blocked  boolean     NOT NULL, -- false: given back
    reason   text        NOT NULL,
    author   uuid        NOT NULL, -- the administrator
    changed  int         NOT NULL, -- seats whose status changed
    version  bigint      NOT NULL, -- of the seat map afterwards
    at       timestamptz NOT NULL,
    CONSTRAINT seat_blockings_pkey PRIMARY KEY (event_id, id),
    CONSTRAINT seat_blockings_event_exists FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE
);

COMMENT ON CONSTRAINT seat_blockings_pkey ON seat_blockings IS 'a repeated request finds its row; so does the event that is deleted';
COMMENT ON CONSTRAINT seat_blockings_event_exists ON seat_blockings IS 'a row without its event means nothing';

ALTER TABLE seats
    ADD COLUMN blocking_id uuid,
    DROP CONSTRAINT seats_status_known,
    DROP CONSTRAINT seats_taken_iff_booking,
    ADD CONSTRAINT seats_status_known CHECK (status IN ('AVAILABLE', 'HELD', 'BOOKED', 'BLOCKED', 'REMOVED')) NOT VALID,
    ADD CONSTRAINT seats_taken_iff_booking CHECK ((status IN ('HELD', 'BOOKED')) = (booking_id IS NOT NULL)) NOT VALID,
    ADD CONSTRAINT seats_blocked_iff_blocking CHECK ((status = 'BLOCKED') = (blocking_id IS NOT NULL)) NOT VALID;

COMMENT ON COLUMN seats.blocking_id IS 'of the block that keeps it off sale';
COMMENT ON CONSTRAINT seats_status_known ON seats IS 'anything else would be neither free nor taken';
COMMENT ON CONSTRAINT seats_taken_iff_booking ON seats IS 'no seat is taken by nobody, none is free and somebody''s';
COMMENT ON CONSTRAINT seats_blocked_iff_blocking ON seats IS 'no seat is off sale without somebody who said so';
