-- +goose Up

-- The members of the cluster, one row for each incarnation of an instance. A
-- member renews its own lease and deletes rows whose lease has ended. All times
-- are this server's.
CREATE TABLE cluster_members (
    id          text        PRIMARY KEY, -- of the actor system: new for each incarnation
    address     text        NOT NULL,    -- host:port of its remoting
    version     text        NOT NULL,    -- of the program
    leaving     boolean     NOT NULL DEFAULT false, -- hands over its events and takes no further ones
    unreachable text[]      NOT NULL DEFAULT '{}',  -- members that do not answer it
    joined_at   timestamptz NOT NULL,
    lease_until timestamptz NOT NULL
) WITH (fillfactor = 20); -- a renewal updates no indexed column: room for heap-only updates
