-- +goose Up

-- A commit locks an event before its seats, so events come first here, too. A waiting lock on either would stop every sale
-- behind it: rather give up, and be started again.
SET LOCAL lock_timeout = '1s';
ALTER TABLE events ADD COLUMN pricing_version bigint NOT NULL DEFAULT 1;
COMMENT ON COLUMN events.pricing_version IS 'grows with each change of the pricing, and with the number of seats, from which one may be derived';
COMMENT ON COLUMN events.layout_version IS 'version of the seat map when its seats, or their categories or prices, last changed; null if that was before the column was';

-- An event may have a pricing before it has seats.
ALTER TABLE events DROP CONSTRAINT events_currency_iff_seats;
ALTER TABLE events ADD CONSTRAINT events_seats_have_currency CHECK (seats_total = 0 OR currency IS NOT NULL) NOT VALID;
COMMENT ON CONSTRAINT events_seats_have_currency ON events IS 'sums of a booking''s prices need one currency an event';

-- Prices by category of seats and ticket type. An event without rows here has the prices of its seats, in categories that are
-- derived from them, and one ticket type. A name that is no longer offered keeps its number, since items that were sold name it;
-- its position is null then.
CREATE TABLE categories (
    event_id uuid     NOT NULL,
    no       smallint NOT NULL,
    name     text     NOT NULL,
    position smallint, -- in the organiser's order, from 0
    CONSTRAINT categories_pkey PRIMARY KEY (event_id, no),
    CONSTRAINT categories_name_unique UNIQUE (event_id, name),
    CONSTRAINT categories_event_exists FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE,
    CONSTRAINT categories_no_positive CHECK (no >= 1)
);
COMMENT ON CONSTRAINT categories_pkey ON categories IS 'seats and items find their category by it';
COMMENT ON CONSTRAINT categories_name_unique ON categories IS 'a name means one category, also when it comes back';
COMMENT ON CONSTRAINT categories_event_exists ON categories IS 'a category goes with its event';
COMMENT ON CONSTRAINT categories_no_positive ON categories IS '0 is a derived category, which is not stored';

CREATE TABLE ticket_types (
    event_id        uuid     NOT NULL,
    no              smallint NOT NULL,
    name            text     NOT NULL,
    position        smallint, -- in the organiser's order, from 0
    is_default      boolean  NOT NULL,
    min_per_booking smallint NOT NULL,
    max_per_booking smallint NOT NULL,
    CONSTRAINT ticket_types_pkey PRIMARY KEY (event_id, no),
    CONSTRAINT ticket_types_name_unique UNIQUE (event_id, name),
    CONSTRAINT ticket_types_event_exists FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE,
    CONSTRAINT ticket_types_no_positive CHECK (no >= 1),
    CONSTRAINT ticket_types_limits_in_range CHECK (min_per_booking BETWEEN 1 AND max_per_booking AND max_per_booking <= 50)
);
COMMENT ON CONSTRAINT ticket_types_pkey ON ticket_types IS 'items find their type by it';
COMMENT ON CONSTRAINT ticket_types_name_unique ON ticket_types IS 'a name means one type, also when it comes back';
COMMENT ON CONSTRAINT ticket_types_event_exists ON ticket_types IS 'a type goes with its event';
COMMENT ON CONSTRAINT ticket_types_no_positive ON ticket_types IS '0 is the type of an event without pricing, which is not stored';
COMMENT ON CONSTRAINT ticket_types_limits_in_range ON ticket_types IS 'a type with no possible number could not be sold';

CREATE UNIQUE INDEX ticket_types_one_default ON ticket_types (event_id) WHERE is_default AND position IS NOT NULL;
COMMENT ON INDEX ticket_types_one_default IS 'a ticket without a type has one type, and one price';

-- A pair without a row is not sold.
CREATE TABLE prices (
    event_id       uuid     NOT NULL,
    category_no    smallint NOT NULL,
    ticket_type_no smallint NOT NULL,
    amount         bigint   NOT NULL, -- in minor units of events.currency
    CONSTRAINT prices_pkey PRIMARY KEY (event_id, category_no, ticket_type_no),
    CONSTRAINT prices_category_exists FOREIGN KEY (event_id, category_no) REFERENCES categories ON DELETE CASCADE,
    CONSTRAINT prices_ticket_type_exists FOREIGN KEY (event_id, ticket_type_no) REFERENCES ticket_types ON DELETE CASCADE,
    CONSTRAINT prices_amount_positive CHECK (amount >= 0)
);
COMMENT ON CONSTRAINT prices_pkey ON prices IS 'a ticket has one price';
COMMENT ON CONSTRAINT prices_category_exists ON prices IS 'a price of nothing means nothing';
COMMENT ON CONSTRAINT prices_ticket_type_exists ON prices IS 'a price for nobody means nothing';
COMMENT ON CONSTRAINT prices_amount_positive ON prices IS 'nobody is paid for coming';

ALTER TABLE seats ADD COLUMN category_no smallint;
COMMENT ON COLUMN seats.category_no IS 'null: derived from section and amount';
COMMENT ON COLUMN seats.amount IS 'the price for the default ticket type, or the lowest if that is not sold here';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION note_layout_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.layout_version := coalesce((SELECT max(version) FROM seats WHERE event_id = NEW.id), 0);
    NEW.pricing_version := OLD.pricing_version + 1;
    RETURN NEW;
END $$;
-- +goose StatementEnd
