-- +goose Up

-- Writes the keys of holds one by one and returns the ids of those that were new. A key that another transaction is
-- writing is left out: a transaction that hangs keeps no hold waiting but those under its keys.
-- +goose StatementBegin
CREATE FUNCTION eventra_claim_keys_apart(users uuid[], routes text[], keys text[], hashes bytea[], resources uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql SET lock_timeout = '2ms' AS $$
BEGIN
    FOR i IN 1 .. cardinality(keys) LOOP
        BEGIN
            INSERT INTO idempotency_keys (user_id, route, key, value_hash, request_hash, resource_id, claimed_by, locked_until, held)
            VALUES (users[i], routes[i], keys[i], hashes[i], '', resources[i], resources[i], now(), true)
            ON CONFLICT DO NOTHING;
            IF FOUND THEN
                RETURN NEXT resources[i];
            END IF;
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END LOOP;
END
$$;
-- +goose StatementEnd
