-- +goose Up

-- What shops note about their bookings. A table of its own, so that the sale neither writes nor reads it.
CREATE TABLE booking_metadata (
    booking_id uuid PRIMARY KEY,
    metadata   jsonb NOT NULL CHECK (octet_length(metadata::text) <= 65536)
);
COMMENT ON TABLE booking_metadata IS 'texts by name, of bookings that have any; they go with their bookings';
