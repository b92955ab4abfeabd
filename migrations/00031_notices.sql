-- +goose Up

-- A reference to events locks that table against writers. A waiting lock would stop them all behind it: rather give up, and be
-- started again.
SET LOCAL lock_timeout = '1s';

-- Mails other than tickets, each written in the transaction of what it tells. Members of the release before do not look
-- here, and so send none of a kind that they do not know.
CREATE TABLE notices (
    booking_id uuid        NOT NULL,
    kind       text        NOT NULL,
    about      uuid        NOT NULL, -- for 'cancelled' the event
    event_id   uuid        NOT NULL,
    amount     bigint,               -- what goes back, in the booking's currency
    created_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL, -- a lease moves it ahead
    sent_at    timestamptz,          -- when a mail server had accepted it
    withheld   boolean     NOT NULL DEFAULT false,
    CONSTRAINT notices_pkey PRIMARY KEY (booking_id, kind, about)
) WITH (fillfactor = 80);

COMMENT ON CONSTRAINT notices_pkey ON notices IS 'nobody is told the same thing twice';

CREATE INDEX notices_due ON notices (due_at) WHERE sent_at IS NULL;
COMMENT ON INDEX notices_due IS 'the mailer asks for what is unsent and due; sent rows leave the index';
CREATE INDEX notices_of_event ON notices (event_id, kind);
COMMENT ON INDEX notices_of_event IS 'what became of a cancellation is counted';

-- The refunds of a cancelled event. The counts are of the last time that somebody counted.
CREATE TABLE cancellations (
    event_id    uuid        PRIMARY KEY,
    reason      text        NOT NULL,
    started_at  timestamptz NOT NULL,
    due_at      timestamptz NOT NULL, -- a lease moves it ahead
    bookings    int         NOT NULL DEFAULT 0,
    refunded    int         NOT NULL DEFAULT 0,
    failed      int         NOT NULL DEFAULT 0,
    mailed      int         NOT NULL DEFAULT 0,
    finished_at timestamptz,          -- when all bookings had been refunded or had failed
    settled_at  timestamptz,          -- when nothing was left to count
    CONSTRAINT cancellations_event_exists FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE
) WITH (fillfactor = 50);

COMMENT ON CONSTRAINT cancellations_event_exists ON cancellations IS 'a row without its event means nothing';

CREATE INDEX cancellations_due ON cancellations (due_at) WHERE settled_at IS NULL;
COMMENT ON INDEX cancellations_due IS 'instances look for what is to be done';
