-- +goose NO TRANSACTION
-- +goose Up

-- Registrations go on while the indexes are built. An attempt that failed leaves an invalid index behind. Ordered by bytes, whatever
-- the database's collation, they find what begins with a text.
DROP INDEX CONCURRENTLY IF EXISTS users_by_email;
CREATE INDEX CONCURRENTLY users_by_email ON users (role, (email COLLATE "C"));
COMMENT ON INDEX users_by_email IS 'administrators list the accounts of each role, and look for an address';
DROP INDEX CONCURRENTLY IF EXISTS users_by_name;
CREATE INDEX CONCURRENTLY users_by_name ON users (role, (lower(name) COLLATE "C"), (id::text COLLATE "C"));
COMMENT ON INDEX users_by_name IS 'administrators look for a name; ids as text, so that no look-up by id takes it for the primary key';
