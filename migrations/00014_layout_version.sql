-- +goose Up

-- A client that knows an older version does not know all seats; what has changed since does not name them.
ALTER TABLE events ADD COLUMN layout_version bigint;
COMMENT ON COLUMN events.layout_version IS 'version of the seat map when seats were last added; null if that was before the column was';

-- +goose StatementBegin
CREATE FUNCTION note_layout_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.layout_version := coalesce((SELECT max(version) FROM seats WHERE event_id = NEW.id), 0);
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER events_seats_added BEFORE UPDATE OF seats_total ON events FOR EACH ROW
    WHEN (NEW.seats_total <> OLD.seats_total)
    EXECUTE FUNCTION note_layout_version();
