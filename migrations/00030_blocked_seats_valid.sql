-- +goose NO TRANSACTION
-- +goose Up

-- The sale goes on while the rows are read.
ALTER TABLE seats VALIDATE CONSTRAINT seats_status_known;
ALTER TABLE seats VALIDATE CONSTRAINT seats_taken_iff_booking;
ALTER TABLE seats VALIDATE CONSTRAINT seats_blocked_iff_blocking;
