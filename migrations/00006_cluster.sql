-- +goose Up

-- Who takes part, one row a life of an instance. Everybody renews its own lease
-- and deletes rows whose lease has ended; all times are this server's.
CREATE TABLE cluster_members (
    id          text        PRIMARY KEY, -- of the actor system: new for each life
    address     text        NOT NULL,    -- host:port of its remoting
    version     text        NOT NULL,    -- of the program
    leaving     boolean     NOT NULL DEFAULT false, -- hands over its events and takes no more
    unreachable text[]      NOT NULL DEFAULT '{}',  -- members that do not answer it
    joined_at   timestamptz NOT NULL,
    lease_until timestamptz NOT NULL
) WITH (fillfactor = 20); -- a renewal updates no indexed column: room for heap-only updates
