-- +goose Up

-- Null for events of the release before, whose buyers no limit held back.
SET LOCAL lock_timeout = '1s';
ALTER TABLE events ADD COLUMN customer_limit_highest int;
COMMENT ON COLUMN events.customer_limit_highest IS 'the highest limit of tickets per customer that was in force: a customer who bought under it may have more tickets than a lower one allows by now';
