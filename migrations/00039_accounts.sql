-- +goose Up

-- Sign-ins lock the table of users. A waiting lock would stop them all behind it: rather give up, and be started again.
SET LOCAL lock_timeout = '1s';

-- An account that exists by now counts as verified, and so does one that a member of the release before makes: it sends no
-- mail that could verify it.
ALTER TABLE users
    ADD COLUMN email_verified_at timestamptz DEFAULT now(),
    ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN users.email_verified_at IS 'when its user had followed a link in a mail to the address; null: not yet';
COMMENT ON COLUMN users.erased_at IS 'not null: the person is gone, the row stands for what they bought';

-- Mails about accounts, each written in the transaction of what it tells, and the one-time tokens of their links. Members of
-- the release before do not look here.
CREATE TABLE account_mails (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(), -- of which the token is made, with a secret
    kind       text        NOT NULL,
    address    text        NOT NULL, -- where it goes
    user_id    uuid,                 -- null: of whoever has the address, if anybody has
    token_hash bytea,                -- SHA-256; null: the mail has no link
    expires_at timestamptz,          -- of the token
    used_at    timestamptz,          -- of the token, by its holder or because it counts no more
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL DEFAULT now(), -- a lease moves it ahead
    sent_at    timestamptz,          -- when a mail server had accepted it
    withheld   boolean     NOT NULL DEFAULT false,
    CONSTRAINT account_mails_token_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT account_mails_token_expires CHECK ((token_hash IS NULL) = (expires_at IS NULL))
) WITH (fillfactor = 80);

COMMENT ON CONSTRAINT account_mails_token_hash_length ON account_mails IS 'no token ever lands here in clear';
COMMENT ON CONSTRAINT account_mails_token_expires ON account_mails IS 'no token is good for ever';

CREATE UNIQUE INDEX account_mails_token ON account_mails (token_hash) WHERE token_hash IS NOT NULL;
COMMENT ON INDEX account_mails_token IS 'a token is found by its hash, and is one mail''s';
CREATE INDEX account_mails_due ON account_mails (due_at) WHERE sent_at IS NULL;
COMMENT ON INDEX account_mails_due IS 'the mailer asks for what is unsent and due; sent rows leave the index';
CREATE INDEX account_mails_to ON account_mails (address, kind, created_at);
COMMENT ON INDEX account_mails_to IS 'the mails to an address are counted before another one';
CREATE INDEX account_mails_of_user ON account_mails (user_id, created_at) WHERE user_id IS NOT NULL;
COMMENT ON INDEX account_mails_of_user IS 'tokens end with what was granted to their user';
CREATE INDEX account_mails_of_nobody ON account_mails (created_at) WHERE user_id IS NULL;
COMMENT ON INDEX account_mails_of_nobody IS 'the purge takes those to addresses that may be strangers'' first';
CREATE INDEX account_mails_age ON account_mails (created_at) WHERE user_id IS NOT NULL;
COMMENT ON INDEX account_mails_age IS 'the purge takes the oldest';
