-- +goose Up

-- A booking consists of items: rows of booking_seats. The item of a place in a general-admission section has no seat. New
-- columns are numbers of names that are kept elsewhere; NULL means what was true of every item before: the category is named
-- like the seat's section, the ticket type is Standard.
SET LOCAL lock_timeout = '1s';
ALTER TABLE booking_seats
    ADD COLUMN section_no     smallint,
    ADD COLUMN category_no    smallint,
    ADD COLUMN ticket_type_no smallint,
    ADD CONSTRAINT booking_seats_is_something CHECK ((seat_no IS NULL) <> (section_no IS NULL)) NOT VALID;
COMMENT ON COLUMN booking_seats.section_no IS 'the general-admission section of a place; NULL for a seat';
COMMENT ON COLUMN booking_seats.category_no IS 'at which the item was sold; NULL: the category that is named like the seat''s section';
COMMENT ON COLUMN booking_seats.ticket_type_no IS 'NULL: Standard';
COMMENT ON CONSTRAINT booking_seats_is_something ON booking_seats IS 'an item is a seat or a place';
