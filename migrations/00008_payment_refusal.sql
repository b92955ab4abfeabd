-- +goose Up

-- Why money that was taken bought nothing and goes back: the code that its payer
-- is told. Null for every other payment.
ALTER TABLE payments ADD COLUMN refusal text;
