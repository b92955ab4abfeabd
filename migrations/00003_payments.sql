-- +goose Up

CREATE TABLE payments (
    id          uuid        PRIMARY KEY,
    booking_id  uuid        NOT NULL,
    event_id    uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    method      text        NOT NULL,
    amount      bigint      NOT NULL,
    currency    text        NOT NULL,
    status      text        NOT NULL,
    grace_until timestamptz NOT NULL, -- after that the reconciler ends a PENDING attempt
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT payments_booking_exists FOREIGN KEY (booking_id) REFERENCES bookings,
    CONSTRAINT payments_status_known CHECK (status IN ('PENDING', 'SUCCEEDED', 'DECLINED', 'FAILED', 'REFUND_PENDING', 'REFUNDED')),
    CONSTRAINT payments_amount_positive CHECK (amount >= 0)
) WITH (fillfactor = 80);

COMMENT ON CONSTRAINT payments_booking_exists ON payments IS 'money always belongs to a booking; payments are rare enough to pay for the check';
COMMENT ON CONSTRAINT payments_status_known ON payments IS 'reconciliation goes by it';
COMMENT ON CONSTRAINT payments_amount_positive ON payments IS 'a refund is a status, not a negative payment';

CREATE UNIQUE INDEX payments_one_pending ON payments (booking_id) WHERE status = 'PENDING';
COMMENT ON INDEX payments_one_pending IS 'a booking is paid by one attempt at a time';
CREATE UNIQUE INDEX payments_one_succeeded ON payments (booking_id) WHERE status = 'SUCCEEDED';
COMMENT ON INDEX payments_one_succeeded IS 'nobody pays twice for one booking';
CREATE INDEX payments_of_booking ON payments (booking_id, created_at);
COMMENT ON INDEX payments_of_booking IS 'the list of attempts, oldest first; also serves the foreign key';
CREATE INDEX payments_open ON payments (created_at) WHERE status IN ('PENDING', 'REFUND_PENDING');
COMMENT ON INDEX payments_open IS 'reconciliation finds what somebody has to end; few rows, for every attempt ends';

-- The mock gateway's books; a real gateway keeps its own.
CREATE TABLE mock_charges (
    payment_id uuid        PRIMARY KEY,
    amount     bigint,
    currency   text,
    status     text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mock_charges_status_known CHECK (status IN ('CHARGED', 'VOIDED', 'REFUNDED')),
    CONSTRAINT mock_charges_amount_unless_voided CHECK ((status = 'VOIDED') = (amount IS NULL AND currency IS NULL))
);

COMMENT ON CONSTRAINT mock_charges_status_known ON mock_charges IS 'whether money moved goes by it';
COMMENT ON CONSTRAINT mock_charges_amount_unless_voided ON mock_charges IS 'what was voided never moved any money';
