-- +goose NO TRANSACTION
-- +goose Up

-- Log-ins go on while the index is built. An attempt that failed leaves an invalid index behind.
DROP INDEX IF EXISTS sessions_of_user;
CREATE INDEX CONCURRENTLY sessions_of_user ON sessions (user_id);
COMMENT ON INDEX sessions_of_user IS 'all sessions of a user end together';
