package postgres_test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/migrations"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

func TestDB_GivesUpConnectionsThatBecameReadOnly(t *testing.T) {
	t.Parallel()
	f := newFaulty(t) // with one connection
	demote := func() {
		require.NoError(t, f.db.WithConn(t.Context(), time.Second, func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Exec(ctx, "SET default_transaction_read_only = on")
			return err
		}))
	}
	for name, call := range map[string]func() error{
		"CreateUser": func() error { return f.db.CreateUser(t.Context(), persistencetest.NewUser()) },
		"Commit":     func() error { _, err := f.attempt(t.Context()); return err },
		"Ping":       func() error { return f.db.Ping(t.Context()) },
	} {
		demote()
		err := call()
		require.Error(t, err, name)
		if name == "Commit" {
			require.ErrorIs(t, err, eventra.ErrNotCommitted)
			f.batch.Version--
		} else {
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err), name)
		}
		require.NoError(t, f.db.CreateUser(t.Context(), persistencetest.NewUser()), "%s: a new connection accepts writes", name)
	}
}

func TestDB_IsUnavailableWhileTheServerIsReadOnly(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	name := f.url[strings.LastIndex(f.url, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	f.exec(t, "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	db := openAt(t, f.url)
	members := openMembers(t, f.url)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(db.Ping(t.Context())))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(db.CreateUser(t.Context(), persistencetest.NewUser())))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(members.Leave(t.Context(), "m")))
	_, err := migrations.Apply(t.Context(), f.url)
	require.Error(t, err)
	reader, err := postgres.Open(t.Context(), f.url, postgres.Options{MaxConns: 1, ReadOnly: true})
	require.NoError(t, err)
	t.Cleanup(reader.Close)
	_, err = reader.Check(t.Context(), postgres.CheckOptions{QueryTimeout: 10 * time.Second})
	require.NoError(t, err, "a check only reads")

	f.exec(t, "SET transaction_read_only = off; ALTER DATABASE "+name+" RESET default_transaction_read_only")
	require.Eventually(t, func() bool { return db.Ping(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, db.CreateUser(t.Context(), persistencetest.NewUser()))
	require.NoError(t, members.Leave(t.Context(), "m"))
}

func TestDB_PassesOverAStandByAmongSeveralHosts(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(persistencetest.NewDatabase(t))
	require.NoError(t, err)
	server.Host = standBy(t) + "," + server.Host
	db, members := openAt(t, server.String()), openMembers(t, server.String())
	require.NoError(t, db.Ping(t.Context()))
	require.NoError(t, db.CreateUser(t.Context(), persistencetest.NewUser()))
	require.NoError(t, members.Leave(t.Context(), "m"))
	_, err = migrations.Apply(t.Context(), server.String())
	require.NoError(t, err)
}

// standBy is a server that lets clients connect and answers every query as a
// stand-by answers "show transaction_read_only".
func standBy(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { answerReadOnly(conn) })
		}
	})
	return listener.Addr().String()
}

func answerReadOnly(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	backend := pgproto3.NewBackend(conn, conn)
	for {
		startup, err := backend.ReceiveStartupMessage()
		if err != nil {
			return
		}
		if _, plain := startup.(*pgproto3.StartupMessage); plain {
			break
		}
		if _, err := conn.Write([]byte("N")); err != nil { // no encryption
			return
		}
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	for {
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if backend.Flush() != nil {
			return
		}
		if message, err := backend.Receive(); err != nil {
			return
		} else if _, query := message.(*pgproto3.Query); !query {
			return
		}
		backend.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("transaction_read_only"), DataTypeOID: 25, DataTypeSize: -1}}})
		backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("on")}})
		backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SHOW")})
	}
}

func TestDB_IsNotReadyWhileTheDiskIsFull(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	f.exec(t, `CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`)
	f.exec(t, `CREATE FUNCTION no_room() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
		RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`)
	f.exec(t, "CREATE TRIGGER disk_full BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION disk_full()")
	f.exec(t, "CREATE EVENT TRIGGER no_room ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION no_room()")
	require.NoError(t, f.db.Ping(t.Context()))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(f.db.CreateUser(t.Context(), persistencetest.NewUser())))
	for range 3 {
		require.ErrorContains(t, f.db.Ping(t.Context()), "No space left")
	}
	f.exec(t, "DROP EVENT TRIGGER no_room")
	require.NoError(t, f.db.Ping(t.Context()), "there is room again")
	f.exec(t, "DROP TRIGGER disk_full ON users")
	require.NoError(t, f.db.CreateUser(t.Context(), persistencetest.NewUser()))
}
