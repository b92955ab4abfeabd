-- +goose Up

-- A reference to events locks that table against writers. A waiting lock would stop them all behind it: rather give up, and be
-- started again.
SET LOCAL lock_timeout = '1s';

-- General-admission sections: places without numbers, which are counted. The commits of their event alone change taken.
CREATE TABLE sections (
    event_id uuid     NOT NULL,
    no       smallint NOT NULL, -- 0, 1, 2 … in its event
    name     text     NOT NULL,
    capacity int      NOT NULL,
    blocked  int      NOT NULL DEFAULT 0, -- places that are kept off sale
    taken    int      NOT NULL DEFAULT 0, -- places of live bookings
    amount   bigint   NOT NULL,
    version  bigint   NOT NULL, -- of the seat map when the row was last changed
    CONSTRAINT sections_pkey PRIMARY KEY (event_id, no),
    CONSTRAINT sections_event_exists FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE,
    CONSTRAINT sections_not_oversold CHECK (taken >= 0 AND blocked >= 0 AND taken + blocked <= capacity)
) WITH (fillfactor = 20); -- each batch updates the row in place
COMMENT ON CONSTRAINT sections_pkey ON sections IS 'a commit finds a section by its number';
COMMENT ON CONSTRAINT sections_event_exists ON sections IS 'a section without its event means nothing';
COMMENT ON CONSTRAINT sections_not_oversold ON sections IS 'no more places are sold than there are, whatever a faulty writer does';
