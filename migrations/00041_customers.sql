-- +goose Up

-- The people that shops sell to. bookings.user_id has the id of a user or of one of these: ids are unique across both.
CREATE TABLE customers (
    id          uuid PRIMARY KEY,
    shop        text NOT NULL,
    external_id text NOT NULL,
    email       text,
    name        text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    erased_at   timestamptz,
    CONSTRAINT customers_external UNIQUE (shop, external_id)
);
COMMENT ON TABLE customers IS 'people without an account, who buy through an API key';
COMMENT ON COLUMN customers.shop IS 'the name of the API keys that sell to them';
COMMENT ON COLUMN customers.external_id IS 'by which the shop knows the customer';

CREATE INDEX customers_email ON customers (email) WHERE email IS NOT NULL;
COMMENT ON INDEX customers_email IS 'administrators find bookings by the customer''s address';
