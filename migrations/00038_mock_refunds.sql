-- +goose Up

-- The mock gateway's books of charges that it has returned in parts. A charge that is REFUNDED has gone back as a whole: what
-- these had left of it.
CREATE TABLE mock_refunds (
    key        text        PRIMARY KEY,
    payment_id uuid        NOT NULL,
    event_id   uuid        NOT NULL,
    amount     bigint      NOT NULL,
    status     text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mock_refunds_status_known CHECK (status IN ('RETURNED', 'REFUSED'))
);

COMMENT ON CONSTRAINT mock_refunds_status_known ON mock_refunds IS 'whether money moved goes by it';

CREATE INDEX mock_refunds_of_payment ON mock_refunds (payment_id);
COMMENT ON INDEX mock_refunds_of_payment IS 'no more goes back than was charged';
