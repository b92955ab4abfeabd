-- +goose Up

ALTER TABLE events VALIDATE CONSTRAINT events_seats_have_currency;
