-- +goose Up

-- By which a user recognises a session. Sessions that members of the build before open have none.
ALTER TABLE sessions
    ADD COLUMN address text,
    ADD COLUMN user_agent text;
COMMENT ON COLUMN sessions.address IS 'of the client that signed in';
