package main

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// asRole returns the URL of a database for another user.
func asRole(t *testing.T, database, role, password string) string {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	u.User = url.UserPassword(role, password)
	return u.String()
}

// The roles of docker-compose.yml are enough: one to migrate, one to serve, which may not
// change a table.
func TestServe_NeedsNoRightToChangeTables(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.PostgresURL = persistencetest.NewEmptyDatabase(t)
	super := &program{t: t, cfg: &app.Config{PostgresURL: cfg.PostgresURL}}
	u, err := url.Parse(cfg.PostgresURL)
	require.NoError(t, err)
	script, err := os.ReadFile("../../deploy/postgres/roles.sql")
	require.NoError(t, err)
	id := strings.ReplaceAll(uuid.NewString(), "-", "")
	owner, served := "owner_"+id, "app_"+id
	super.exec(roleScript(string(script), strings.NewReplacer("eventra_owner", owner, "eventra_app", served,
		"DATABASE eventra", "DATABASE "+strings.Trim(u.Path, "/"), ":'owner_password'", "'o'", ":'app_password'", "'a'")))
	t.Cleanup(func() {
		super.exec(`DROP OWNED BY ` + served + `, ` + owner + ` CASCADE`)
		super.exec(`DROP ROLE ` + served + `, ` + owner)
	})

	_, err = app.Migrate(t.Context(), asRole(t, cfg.PostgresURL, owner, "o"), func(error) {})
	require.NoError(t, err)
	cfg.PostgresURL, cfg.Migrate = asRole(t, cfg.PostgresURL, served, "a"), false
	p := startWith(t, cfg)
	event := p.event(1, 10, object{"holdSeconds": 5})
	token, _ := p.user()
	paid := p.hold(token, event, "A-1-1").text("id")
	p.must(201, "POST", "/bookings/"+paid+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	p.must(200, "POST", "/bookings/"+paid+"/refund", p.admin, nil)
	require.Equal(t, 201, p.hold(token, event, "A-1-2").status)
	eventually(t, 10*time.Second, "the hold to expire", func() bool { return p.seatStatus(event)["A-1-2"] == "AVAILABLE" })
	p.must(200, "POST", "/events/"+event+"/cancel", p.admin, nil)
	p.must(200, "GET", "/readyz", "", nil)
	requireRefused(t, cfg.PostgresURL, `ALTER TABLE bookings ADD COLUMN x int`, `CREATE TABLE x ()`, `DROP TABLE users`, `TRUNCATE users`,
		`CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'`, `ALTER TABLE bookings DISABLE TRIGGER ALL`, `CREATE ROLE x`)
}

// requireRefused requires that a role has not the right to any of the statements.
func requireRefused(t *testing.T, database string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	for _, statement := range statements {
		_, err = conn.Exec(t.Context(), statement)
		var refusal *pgconn.PgError
		require.ErrorAs(t, err, &refusal, statement)
		require.Equal(t, "42501", refusal.Code, statement)
	}
}

// roleScript leaves out what only psql understands.
func roleScript(script string, names *strings.Replacer) string {
	var sql []string
	for line := range strings.Lines(script) {
		if !strings.HasPrefix(line, `\`) {
			sql = append(sql, line)
		}
	}
	return names.Replace(strings.Join(sql, ""))
}
