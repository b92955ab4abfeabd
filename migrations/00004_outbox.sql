-- +goose Up

-- One row for each confirmed booking, written with the confirmation: its mail is
-- sent even if everything stops right after. What the mail says is read when it
-- is sent.
CREATE TABLE outbox (
    booking_id uuid        PRIMARY KEY,
    created_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL, -- a lease moves it ahead
    sent_at    timestamptz           -- when a mail server had accepted it
) WITH (fillfactor = 80);

CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at IS NULL;
COMMENT ON INDEX outbox_due IS 'the mailer asks for what is unsent and due; sent rows leave the index';

-- The first outcome of a request, to be replayed, and the claim of the call that
-- carries it out.
CREATE TABLE idempotency_keys (
    user_id      uuid        NOT NULL, -- zero for anonymous requests, hence no foreign key
    route        text        NOT NULL,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL,
    resource_id  uuid        NOT NULL, -- the same on every try, so that a try after a crash makes nothing twice
    locked_until timestamptz NOT NULL, -- the claim's end
    status       int,                  -- of the outcome; null while there is none
    content_type text,
    location     text,
    body         bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, route, key)
) WITH (fillfactor = 70);

COMMENT ON CONSTRAINT idempotency_keys_pkey ON idempotency_keys IS 'a key is scoped to its user and route; the claim is an insert into this index';

CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
COMMENT ON INDEX idempotency_keys_age IS 'the purge takes the oldest';
