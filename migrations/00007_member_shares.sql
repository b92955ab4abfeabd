-- +goose Up

-- Who owns what as a member acts by it, as a hash; 0: it has not said. Nobody
-- takes an event over before all members have said that they act by the same.
ALTER TABLE cluster_members ADD COLUMN shares bigint NOT NULL DEFAULT 0;
