-- +goose Up

-- Access tokens are denied by their own id, by their session's, or by their user's. The triggers below deny them for any
-- program that ends a session, changes a user's role or password, or disables or deletes a user. The previous release
-- works with these tables: it ignores the new columns, and the triggers work for it too.
ALTER TABLE users
    ADD COLUMN token_version int NOT NULL DEFAULT 0,
    ADD COLUMN disabled_at timestamptz;
COMMENT ON COLUMN users.token_version IS 'tokens and sessions of lower versions have ended; a version needs no clock, a time would';
COMMENT ON COLUMN users.disabled_at IS 'not null: the user may not sign in';

ALTER TABLE denied_tokens ADD COLUMN below_version int NOT NULL DEFAULT 2147483647;
COMMENT ON COLUMN denied_tokens.access_id IS 'id of the access token, or of the session or the user whose access tokens are denied';
COMMENT ON COLUMN denied_tokens.below_version IS 'only tokens of lower versions are denied';

-- An access token lives for 15 minutes by the clock of the instance that issued it.
-- +goose StatementBegin
CREATE FUNCTION deny_tokens(subject uuid, below int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO denied_tokens AS stored (access_id, below_version, expires_at, denied_at)
    VALUES (subject, below, now() + interval '20 minutes', now())
    ON CONFLICT (access_id) DO UPDATE SET below_version = greatest(stored.below_version, excluded.below_version),
        expires_at = excluded.expires_at, denied_at = excluded.denied_at
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION deny_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM deny_tokens(OLD.id, 2147483647);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- At a deeper level all sessions of a user end, and the user's denial covers them.
CREATE TRIGGER sessions_revoked AFTER UPDATE OF revoked_at ON sessions FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION deny_session();
CREATE TRIGGER sessions_deleted AFTER DELETE ON sessions FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND OLD.expires_at > now() AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION deny_session();

-- +goose StatementBegin
CREATE FUNCTION next_token_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.token_version := OLD.token_version + 1;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER users_changed BEFORE UPDATE OF role, password_hash, disabled_at ON users FOR EACH ROW
    WHEN ((OLD.role, OLD.password_hash, OLD.disabled_at IS NULL)
        IS DISTINCT FROM (NEW.role, NEW.password_hash, NEW.disabled_at IS NULL))
    EXECUTE FUNCTION next_token_version();

-- +goose StatementBegin
CREATE FUNCTION end_sessions_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM sessions WHERE user_id = OLD.id;
        PERFORM deny_tokens(OLD.id, 2147483647);
        RETURN OLD;
    END IF;
    UPDATE sessions SET revoked_at = now() WHERE user_id = NEW.id AND revoked_at IS NULL;
    PERFORM deny_tokens(NEW.id, NEW.token_version);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER users_token_version_raised AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.token_version <> NEW.token_version)
    EXECUTE FUNCTION end_sessions_of_user();
CREATE TRIGGER users_deleted BEFORE DELETE ON users FOR EACH ROW
    EXECUTE FUNCTION end_sessions_of_user();
