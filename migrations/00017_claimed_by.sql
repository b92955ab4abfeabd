-- +goose Up

-- A claim has a name, so that a late end ends no other one, and a claim that was released before it arrived claims nothing.
ALTER TABLE idempotency_keys ADD COLUMN claimed_by uuid;
COMMENT ON COLUMN idempotency_keys.claimed_by IS 'the attempt that claimed the key last: the resource id that it offered; null for one of the release before';
