-- +goose Up

CREATE TABLE users (
    id            uuid        PRIMARY KEY,
    email         text        NOT NULL,
    name          text        NOT NULL,
    role          text        NOT NULL,
    password_hash bytea       NOT NULL,
    created_at    timestamptz NOT NULL,
    CONSTRAINT users_email_unique UNIQUE (email),
    CONSTRAINT users_email_lower CHECK (email = lower(email)),
    CONSTRAINT users_role_known CHECK (role IN ('USER', 'ADMIN'))
);

COMMENT ON CONSTRAINT users_email_unique ON users IS 'an address is one account; login finds it by this index';
COMMENT ON CONSTRAINT users_email_lower ON users IS 'two accounts never differ by case alone';
COMMENT ON CONSTRAINT users_role_known ON users IS 'a typo must not become a right';

-- A login: a family of refresh tokens, each of which replaces the one before.
CREATE TABLE sessions (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL, -- of its newest token
    revoked_at timestamptz,
    CONSTRAINT sessions_user_exists FOREIGN KEY (user_id) REFERENCES users
);

COMMENT ON CONSTRAINT sessions_user_exists ON sessions IS 'a session without a user would be nobody''s to end';
CREATE INDEX sessions_age ON sessions (expires_at);
COMMENT ON INDEX sessions_age IS 'the purge takes what has expired';

CREATE TABLE refresh_tokens (
    hash       bytea       PRIMARY KEY, -- SHA-256; the token itself is kept nowhere
    session_id uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT refresh_tokens_session_exists FOREIGN KEY (session_id) REFERENCES sessions ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_hash_length CHECK (octet_length(hash) = 32)
);

COMMENT ON CONSTRAINT refresh_tokens_session_exists ON refresh_tokens IS 'a token is only as good as its family, and goes with it';
COMMENT ON CONSTRAINT refresh_tokens_hash_length ON refresh_tokens IS 'no token ever lands here in clear';
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
COMMENT ON INDEX refresh_tokens_of_session IS 'for the cascade';
CREATE INDEX refresh_tokens_age ON refresh_tokens (expires_at);
COMMENT ON INDEX refresh_tokens_age IS 'the purge takes what has expired';

-- Access tokens that were logged out before their end.
CREATE TABLE denied_tokens (
    access_id  uuid        PRIMARY KEY,
    expires_at timestamptz NOT NULL,
    denied_at  timestamptz NOT NULL
);

CREATE INDEX denied_tokens_since ON denied_tokens (denied_at);
COMMENT ON INDEX denied_tokens_since IS 'instances catch up on what others were told';
CREATE INDEX denied_tokens_age ON denied_tokens (expires_at);
COMMENT ON INDEX denied_tokens_age IS 'the purge takes what has expired';
