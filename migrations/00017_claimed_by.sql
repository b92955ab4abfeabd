-- +goose Up

-- A claim has a name, so that whoever ends it late ends no other, and one that was released before it arrived is none.
ALTER TABLE idempotency_keys ADD COLUMN claimed_by uuid;
COMMENT ON COLUMN idempotency_keys.claimed_by IS 'the attempt that claimed the key last: the resource id that it offered; null for one of the release before';
