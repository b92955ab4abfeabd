-- +goose Up

-- A client that lost the answer to a refresh asks again with the same token, and gets the same successor. It is sealed with
-- the token itself, which is stored nowhere, and forgotten when the successor is used.
ALTER TABLE refresh_tokens ADD COLUMN successor bytea;
COMMENT ON COLUMN refresh_tokens.successor IS 'the next token, readable only by a holder of this one; null once it was used';
