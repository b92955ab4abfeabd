package persistencetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/migrations"
)

const (
	databaseTimeout = time.Minute
	// templateLock lets one process at a time make the template.
	templateLock = 0x65766e7472615f74
)

// PostgresURL returns where the tests' server is.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return Server(t, "EVENTRA_POSTGRES_URL")
}

// NewDatabase makes a migrated database for this test alone and returns its URL. It
// takes some ten milliseconds, and the database is dropped after the test.
func NewDatabase(t testing.TB) string {
	t.Helper()
	server := PostgresURL(t)
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	template, err := sharedTemplate(ctx, server)
	require.NoError(t, err, "make the template database")

	return newDatabase(ctx, t, server, " TEMPLATE "+template)
}

// NewEmptyDatabase is like [NewDatabase] without any migration.
func NewEmptyDatabase(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	return newDatabase(ctx, t, PostgresURL(t), "")
}

func newDatabase(ctx context.Context, t testing.TB, server, options string) string {
	t.Helper()
	name := "eventra_test_" + hex.EncodeToString(randomBytes(8))
	require.NoError(t, execute(ctx, server, "CREATE DATABASE "+name+options))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
		defer cancel()
		require.NoError(t, execute(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"))
	})
	return withDatabase(server, name)
}

var (
	templateOnce sync.Once
	templateName string
	errTemplate  error
)

func sharedTemplate(ctx context.Context, server string) (string, error) {
	templateOnce.Do(func() { templateName, errTemplate = makeTemplate(ctx, server) })
	return templateName, errTemplate
}

// makeTemplate finds or makes the migrated database that others are copied from.
// Its name has the hash of its migrations, so an outdated one is never used.
func makeTemplate(ctx context.Context, server string) (string, error) {
	sum, err := migrationsSum()
	if err != nil {
		return "", err
	}
	name := "eventra_template_" + sum
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(templateLock)); err != nil {
		return "", err
	}
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil || exists {
		return name, err
	}
	unfinished := name + "_unfinished" // the final name appears when it is complete
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + unfinished + " WITH (FORCE)",
		"CREATE DATABASE " + unfinished,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	if _, err := migrations.Apply(ctx, withDatabase(server, unfinished)); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+unfinished+" RENAME TO "+name)
	return name, err
}

func migrationsSum() (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := migrations.Files.ReadFile(path)
		fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil))[:12], err
}

func execute(ctx context.Context, server, sql string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // a connection with it has succeeded before
	}
	u.Path = "/" + name
	return u.String()
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
