-- +goose Up

-- A mail that is not true any more is never sent: its booking was refunded, or
-- its event cancelled. Its row ends as if it were sent, at the time in sent_at,
-- and says so here.
ALTER TABLE outbox ADD COLUMN withheld boolean NOT NULL DEFAULT false;
