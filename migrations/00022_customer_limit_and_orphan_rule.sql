-- +goose Up

-- Events of the release before, which goes on without knowing them, have the default of both settings. Sales wait for this
-- table's lock, so the wait for it is short.
SET LOCAL lock_timeout = '1s';
ALTER TABLE events
    ADD COLUMN max_seats_per_customer int, -- null: twice max_seats_per_booking
    ADD COLUMN orphan_rule text NOT NULL DEFAULT 'off',
    ADD CONSTRAINT events_customer_limit_in_range CHECK (max_seats_per_customer BETWEEN 1 AND 1000000),
    ADD CONSTRAINT events_orphan_rule_known CHECK (orphan_rule IN ('off', 'warn', 'strict'));

COMMENT ON CONSTRAINT events_customer_limit_in_range ON events IS 'a limit of none would sell nothing';
COMMENT ON CONSTRAINT events_orphan_rule_known ON events IS 'a typo would switch the rule off silently';
