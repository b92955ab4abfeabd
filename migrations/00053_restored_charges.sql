-- +goose Up

-- Money that a gateway had taken or returned in a time that this database has lost, as `eventra restored` found it.
CREATE TABLE restored_charges (
    payment_id uuid        PRIMARY KEY,
    event_id   uuid        NOT NULL,
    amount     bigint,
    currency   text,
    found      text        NOT NULL, -- what had become of it at the gateway
    noted_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE restored_charges IS 'answers what became of a charge that no payment here is known of';
