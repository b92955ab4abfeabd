-- +goose Up

-- The transaction that makes a hold writes its key. The outcome is that hold, and is shown as it was made. For a member of the
-- release before, such a row is a claim without an outcome whose lease has ended: it finds the booking by its id.
ALTER TABLE idempotency_keys ADD COLUMN held boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN idempotency_keys.held IS 'the transaction that wrote the row made the booking resource_id: the outcome is 201, that hold';
