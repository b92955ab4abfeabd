-- +goose Up

-- The audit log: one row for each administrative action, written in the transaction that carries it out. Members of the build before
-- write none.
CREATE TABLE audit (
    id           uuid        NOT NULL, -- of the command where it has one, so that a repeated command is one action
    at           timestamptz NOT NULL,
    actor_id     uuid,                 -- of the user or the API key
    actor_kind   text        NOT NULL,
    action       text        NOT NULL,
    subject_kind text        NOT NULL,
    subject_id   text        NOT NULL,
    event_id     uuid,                 -- that the subject belongs to
    address      text        NOT NULL, -- that the request came from
    request_id   text        NOT NULL,
    before       jsonb,
    after        jsonb,
    CONSTRAINT audit_pkey PRIMARY KEY (id),
    CONSTRAINT audit_actor_known CHECK (actor_kind IN ('user', 'key', 'command', 'system')),
    CONSTRAINT audit_actor_named CHECK ((actor_kind IN ('user', 'key')) = (actor_id IS NOT NULL)),
    CONSTRAINT audit_facts_bounded CHECK (octet_length(before::text) <= 32768 AND octet_length(after::text) <= 32768)
);

COMMENT ON CONSTRAINT audit_pkey ON audit IS 'the same action is not noted twice';
COMMENT ON CONSTRAINT audit_actor_known ON audit IS 'an action of something else could not be followed up';
COMMENT ON CONSTRAINT audit_actor_named ON audit IS 'what a user or a key did can be asked of one';
COMMENT ON CONSTRAINT audit_facts_bounded ON audit IS 'a row is a note, no copy of its subject';

CREATE INDEX audit_age ON audit ((at AT TIME ZONE 'UTC'), id);
COMMENT ON INDEX audit_age IS 'the list, newest first, and the purge, oldest first; in a form that no filter asks for, so that none reads the log by age';
CREATE INDEX audit_of_actor ON audit (coalesce(actor_id::text, actor_kind), at, id);
COMMENT ON INDEX audit_of_actor IS 'what one user or key, or all commands, did';
CREATE INDEX audit_of_action ON audit (action, at, id);
COMMENT ON INDEX audit_of_action IS 'who did such a thing';
CREATE INDEX audit_of_subject ON audit (subject_id, at, id);
COMMENT ON INDEX audit_of_subject IS 'what was done to one event, user or mail';

-- Nobody who writes rows through Eventra's role can hide what was done within the last 30 days, nor change what is older. The purge
-- may delete it.
-- +goose StatementBegin
CREATE FUNCTION audit_appends_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '30 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log takes new rows only' USING ERRCODE = 'EV003';
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_appends_only();
CREATE TRIGGER audit_stays BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_appends_only();
