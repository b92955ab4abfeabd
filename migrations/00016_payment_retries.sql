-- +goose Up

-- Payments that have to be ended are tried again later and later, so that those that
-- fail do not stop the others.
ALTER TABLE payments
    ADD COLUMN tries    int NOT NULL DEFAULT 0, -- by the reconciler
    ADD COLUMN retry_at timestamptz;            -- not before; null before the first try
