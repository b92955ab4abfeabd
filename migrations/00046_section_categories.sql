-- +goose Up

-- Commits write to the table. A waiting lock would stop them all behind it: rather give up, and be started again.
SET LOCAL lock_timeout = '1s';

ALTER TABLE sections ADD COLUMN category_no smallint;
COMMENT ON COLUMN sections.category_no IS 'NULL: the category follows from name and amount, as that of a seat does';
COMMENT ON COLUMN sections.amount IS 'what the default ticket type costs';
