-- +goose Up

-- A reference to events locks that table against writers. A waiting lock would stop them all behind it: rather give up, and be
-- started again.
SET LOCAL lock_timeout = '1s';

-- What everybody who has tickets is told about an event that was moved, and how far that is.
CREATE TABLE reschedulings (
    id            uuid        PRIMARY KEY, -- the request's, the same on every try
    event_id      uuid        NOT NULL,
    message       text        NOT NULL,
    was_starts_at timestamptz NOT NULL,
    was_venue     text        NOT NULL,
    was_timezone  text        NOT NULL,
    starts_at     timestamptz NOT NULL,
    venue         text        NOT NULL,
    timezone      text        NOT NULL,
    created_at    timestamptz NOT NULL, -- bookings made later know of it
    told          uuid,                 -- the last booking whose mail was written
    finished_at   timestamptz,          -- when all had been written
    CONSTRAINT reschedulings_event_exists FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE
);

COMMENT ON CONSTRAINT reschedulings_event_exists ON reschedulings IS 'a row without its event means nothing';

CREATE INDEX reschedulings_open ON reschedulings (created_at) WHERE finished_at IS NULL;
COMMENT ON INDEX reschedulings_open IS 'instances look for what is to be told';
CREATE INDEX reschedulings_of_event ON reschedulings (event_id);
COMMENT ON INDEX reschedulings_of_event IS 'they go with their event';
