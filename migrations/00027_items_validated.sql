-- +goose Up

-- Rows are read while the sale goes on.
ALTER TABLE booking_seats VALIDATE CONSTRAINT booking_seats_is_something;
