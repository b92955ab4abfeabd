-- +goose Up

-- No foreign key leads from a booking to its user and event: each would lock
-- and look up a row per insert on the hottest path. The user's id comes from a
-- checked token and users are never deleted; the event's row is locked by the
-- fence of the same transaction, and is not deleted once it has bookings.
CREATE TABLE bookings (
    id           uuid        PRIMARY KEY,
    event_id     uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    status       text        NOT NULL,
    amount       bigint      NOT NULL,
    currency     text        NOT NULL,
    expires_at   timestamptz NOT NULL, -- the hold's deadline; kept when the booking moves on
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    ended_at     timestamptz,
    payment_id   uuid,        -- the running attempt; once confirmed, the attempt that paid
    paying_until timestamptz, -- until then the hold does not expire under its payer
    replaced_by  uuid,        -- the booking that a late payment of this expired one bought
    CONSTRAINT bookings_status_known CHECK (status IN ('HELD', 'CONFIRMED', 'EXPIRED', 'CANCELLED', 'REFUNDED')),
    CONSTRAINT bookings_amount_positive CHECK (amount >= 0),
    CONSTRAINT bookings_confirmed_is_paid CHECK (status NOT IN ('CONFIRMED', 'REFUNDED') OR (confirmed_at IS NOT NULL AND payment_id IS NOT NULL)),
    CONSTRAINT bookings_ended_iff_over CHECK ((ended_at IS NULL) = (status IN ('HELD', 'CONFIRMED'))),
    CONSTRAINT bookings_grace_has_payment CHECK (paying_until IS NULL OR payment_id IS NOT NULL),
    CONSTRAINT bookings_only_expired_replaced CHECK (replaced_by IS NULL OR status = 'EXPIRED')
) WITH (fillfactor = 80); -- a payment that starts or fails updates no indexed column: room for heap-only updates

COMMENT ON CONSTRAINT bookings_status_known ON bookings IS 'liveness, expiry and refunds all go by it';
COMMENT ON CONSTRAINT bookings_amount_positive ON bookings IS 'a sum of prices';
COMMENT ON CONSTRAINT bookings_confirmed_is_paid ON bookings IS 'nothing is confirmed without an attempt that paid for it';
COMMENT ON CONSTRAINT bookings_ended_iff_over ON bookings IS 'what is over has a time at which it ended';
COMMENT ON CONSTRAINT bookings_grace_has_payment ON bookings IS 'a grace without a payment would keep seats for nobody';
COMMENT ON CONSTRAINT bookings_only_expired_replaced ON bookings IS 'only who paid late gets a successor';

CREATE INDEX bookings_due ON bookings (expires_at, event_id) WHERE status = 'HELD';
COMMENT ON INDEX bookings_due IS 'the sweeper looks for holds past their deadline';
CREATE INDEX bookings_of_user ON bookings (user_id, created_at DESC);
COMMENT ON INDEX bookings_of_user IS 'a user''s list, newest first, by cursor; without the id, so that only the primary key offers itself for one';
CREATE INDEX bookings_of_event ON bookings (event_id, status);
COMMENT ON INDEX bookings_of_event IS 'an activation reads the live ones; an event with any is not deleted';

-- +goose StatementBegin
CREATE FUNCTION bookings_refuse_transition() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION 'booking % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'EV002';
END
$$;
-- +goose StatementEnd

-- The condition is true only for forbidden transitions, so an allowed one costs no call.
CREATE TRIGGER bookings_transition
    BEFORE UPDATE OF status ON bookings
    FOR EACH ROW
    WHEN (OLD.status <> NEW.status
        AND NOT (OLD.status = 'HELD' AND NEW.status IN ('CONFIRMED', 'EXPIRED', 'CANCELLED'))
        AND NOT (OLD.status = 'CONFIRMED' AND NEW.status = 'REFUNDED'))
    EXECUTE FUNCTION bookings_refuse_transition();
COMMENT ON TRIGGER bookings_transition ON bookings IS 'HELD becomes CONFIRMED, EXPIRED or CANCELLED, CONFIRMED becomes REFUNDED; nothing else, ever';

-- No foreign keys here either: booking, seats and these rows are written by
-- one statement, which counts what it wrote.
CREATE TABLE booking_seats (
    booking_id uuid    NOT NULL,
    event_id   uuid    NOT NULL,
    seat_no    int     NOT NULL,
    position   int     NOT NULL, -- in the order asked for, from 0
    amount     bigint  NOT NULL, -- the price when it was booked
    live       boolean NOT NULL, -- whether the booking still has the seat
    CONSTRAINT booking_seats_pkey PRIMARY KEY (booking_id, seat_no)
) WITH (fillfactor = 90);

COMMENT ON CONSTRAINT booking_seats_pkey ON booking_seats IS 'no booking has a seat twice';

CREATE UNIQUE INDEX booking_seats_one_live ON booking_seats (event_id, seat_no) WHERE live;
COMMENT ON INDEX booking_seats_one_live IS 'a seat is in one live booking at most, whatever a faulty writer does';
