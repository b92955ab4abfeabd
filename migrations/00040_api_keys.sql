-- +goose Up

-- Keys with which programs call. A row stays when its key is revoked: customers and records name it.
CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    secret_hash  bytea NOT NULL CHECK (length(secret_hash) = 32),
    scopes       text[] NOT NULL,
    event_ids    uuid[] NOT NULL,
    version      int NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
COMMENT ON TABLE api_keys IS 'keys of programs; a name is a shop';
COMMENT ON COLUMN api_keys.secret_hash IS 'SHA-256 of the whole key: it is random, so nothing slower is needed';
COMMENT ON COLUMN api_keys.event_ids IS 'the only events that the key may touch; empty: all';
COMMENT ON COLUMN api_keys.version IS 'grows with each new secret; those before are denied';
COMMENT ON COLUMN api_keys.last_used_at IS 'written once a minute, not with each request';

CREATE INDEX api_keys_listed ON api_keys (created_at, id) WHERE revoked_at IS NULL;
COMMENT ON INDEX api_keys_listed IS 'administrators list the keys, newest first';

-- A key ends as access tokens do. Instances ask for a key again well before its denial expires.
-- +goose StatementBegin
CREATE FUNCTION deny_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.revoked_at IS NOT NULL THEN
        PERFORM deny_tokens(OLD.id, 2147483647);
    ELSE
        PERFORM deny_tokens(NEW.id, NEW.version);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER api_keys_changed AFTER UPDATE ON api_keys FOR EACH ROW
    WHEN ((OLD.revoked_at IS NULL) <> (NEW.revoked_at IS NULL) OR OLD.version <> NEW.version)
    EXECUTE FUNCTION deny_api_key();
CREATE TRIGGER api_keys_deleted AFTER DELETE ON api_keys FOR EACH ROW
    EXECUTE FUNCTION deny_api_key();
