-- +goose Up

-- The ownership hash that a member acts by; 0: it has not reported one. No
-- member takes an event over before all members have reported the same hash.
ALTER TABLE cluster_members ADD COLUMN shares bigint NOT NULL DEFAULT 0;
