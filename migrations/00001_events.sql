-- +goose Up

-- Aborts a transaction whose rows are not as its writer believes. As a
-- function it lets a pipelined statement judge its own row count, without a
-- round trip in between.
--   EV001: another activation owns the event.  EV002: rows differ.
-- +goose StatementBegin
CREATE FUNCTION eventra_assert(ok boolean, code text) RETURNS boolean
    LANGUAGE plpgsql AS
$$
BEGIN
    IF ok IS NOT TRUE THEN
        RAISE EXCEPTION 'rows are not as their writer believes' USING ERRCODE = code;
    END IF;
    RETURN true;
END
$$;
-- +goose StatementEnd

-- What a sale and its mails need of an event; the details live elsewhere.
CREATE TABLE events (
    id                    uuid        PRIMARY KEY,
    status                text        NOT NULL,
    sale_starts_at        timestamptz,
    sale_ends_at          timestamptz,
    hold_seconds          int         NOT NULL,
    max_seats_per_booking int         NOT NULL,
    title                 text        NOT NULL,
    venue                 text        NOT NULL,
    starts_at             timestamptz NOT NULL,
    timezone              text        NOT NULL,
    details_version       bigint      NOT NULL,           -- of the details that this row was copied from
    currency              text,                           -- of all its seats; null until there are some
    seats_total           int         NOT NULL DEFAULT 0,
    epoch                 bigint      NOT NULL DEFAULT 0, -- the fencing token: each activation takes the next
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT events_status_known CHECK (status IN ('DRAFT', 'PUBLISHED', 'CANCELLED')),
    CONSTRAINT events_hold_in_range CHECK (hold_seconds BETWEEN 5 AND 3600),
    CONSTRAINT events_max_seats_in_range CHECK (max_seats_per_booking BETWEEN 1 AND 50),
    CONSTRAINT events_seats_total_in_range CHECK (seats_total BETWEEN 0 AND 100000),
    CONSTRAINT events_currency_iff_seats CHECK ((currency IS NULL) = (seats_total = 0))
) WITH (fillfactor = 50); -- every activation updates its row: room for heap-only updates

COMMENT ON CONSTRAINT events_status_known ON events IS 'a sale asks for PUBLISHED; a typo would close it silently';
COMMENT ON CONSTRAINT events_hold_in_range ON events IS 'a hold of no time, or of days, is a writer''s fault';
COMMENT ON CONSTRAINT events_max_seats_in_range ON events IS 'bounds the rows that one booking can lock';
COMMENT ON CONSTRAINT events_seats_total_in_range ON events IS 'an activation keeps every seat in memory';
COMMENT ON CONSTRAINT events_currency_iff_seats ON events IS 'sums of a booking''s prices need one currency an event';

CREATE TABLE seats (
    event_id   uuid   NOT NULL,
    seat_no    int    NOT NULL,
    section    text   NOT NULL,
    row_label  text   NOT NULL,
    number     int    NOT NULL,
    amount     bigint NOT NULL, -- the price, in minor units
    currency   text   NOT NULL,
    status     text   NOT NULL DEFAULT 'AVAILABLE',
    booking_id uuid,            -- of the live booking that has it; bookings keep the history
    version    bigint NOT NULL, -- of the seat map, when it last changed
    CONSTRAINT seats_pkey PRIMARY KEY (event_id, seat_no),
    CONSTRAINT seats_name_unique UNIQUE (section, row_label, number, event_id),
    CONSTRAINT seats_event_exists FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE,
    CONSTRAINT seats_no_dense CHECK (seat_no BETWEEN 0 AND 99999),
    CONSTRAINT seats_amount_positive CHECK (amount >= 0),
    CONSTRAINT seats_status_known CHECK (status IN ('AVAILABLE', 'HELD', 'BOOKED')),
    CONSTRAINT seats_taken_iff_booking CHECK ((status = 'AVAILABLE') = (booking_id IS NULL))
) WITH (fillfactor = 50); -- no index has a column that a sale changes: with room in the page each update is heap-only

COMMENT ON CONSTRAINT seats_pkey ON seats IS 'writes find seats by number; an activation reads them in this order';
COMMENT ON CONSTRAINT seats_name_unique ON seats IS 'a ticket names one place; the event comes last, so that nothing but the primary key ever offers itself to a sale';
COMMENT ON CONSTRAINT seats_event_exists ON seats IS 'checked when seats are added, never by a sale; seats go with their event';
COMMENT ON CONSTRAINT seats_no_dense ON seats IS 'it is an index into memory';
COMMENT ON CONSTRAINT seats_amount_positive ON seats IS 'nobody is paid for coming';
COMMENT ON CONSTRAINT seats_status_known ON seats IS 'anything else would be neither free nor taken';
COMMENT ON CONSTRAINT seats_taken_iff_booking ON seats IS 'no seat is taken by nobody, none is free and somebody''s';
