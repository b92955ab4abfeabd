-- +goose Up

-- Requests under a key are compared as values: by their bodies as JSON, and by nothing that depends on a secret.
-- request_hash stays for members of the release before, which compare it.
ALTER TABLE idempotency_keys ADD COLUMN value_hash bytea;
COMMENT ON COLUMN idempotency_keys.value_hash IS 'of the route and the body as a JSON value; null in rows of the release before';
