-- +goose Up

-- Tells a published event that was cancelled from a draft that was: only administrators learn
-- that the latter exists. Events that were cancelled before count as drafts.
ALTER TABLE events ADD COLUMN ever_published boolean NOT NULL DEFAULT false;
