-- +goose Up

-- One row for each time that seats were added, written with them, so that the same request again has the first outcome. An
-- event has at most as many as it has seats.
CREATE TABLE seat_additions (
    event_id    uuid NOT NULL,
    id          uuid NOT NULL, -- the request's, the same on every try
    seats_total int  NOT NULL, -- of the event, then
    CONSTRAINT seat_additions_pkey PRIMARY KEY (event_id, id),
    CONSTRAINT seat_additions_event_exists FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE
);

COMMENT ON CONSTRAINT seat_additions_pkey ON seat_additions IS 'a repeated request finds its row; so does the event that is deleted';
COMMENT ON CONSTRAINT seat_additions_event_exists ON seat_additions IS 'a row without its event means nothing';
