-- +goose Up

-- Tells a published event that was cancelled from a draft that was: only administrators learn
-- that the latter exists. Events that were cancelled before count as published, as they were shown.
ALTER TABLE events ADD COLUMN ever_published boolean NOT NULL DEFAULT false;
UPDATE events SET ever_published = true WHERE status <> 'DRAFT';
