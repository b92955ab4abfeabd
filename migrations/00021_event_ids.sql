-- +goose Up

-- Every row of a sale names its event. Members of the release before write no event here, and rows that they wrote
-- have none.
SET LOCAL lock_timeout = '1s'; -- a sale waits no longer
ALTER TABLE outbox ADD COLUMN event_id uuid;
ALTER TABLE mock_charges ADD COLUMN event_id uuid;
