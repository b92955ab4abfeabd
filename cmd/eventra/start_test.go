package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// launch starts a process that logs to a writer, and waits for nothing.
func launch(t *testing.T, cfg *app.Config, to io.Writer, settings ...string) (cmd *exec.Cmd, url string) {
	t.Helper()
	addr := freeAddr(t)
	cmd = exec.Command(os.Args[0], "serve")
	cmd.Env = append(environment(cfg, addr), settings...)
	cmd.Stderr = to
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, "http://" + addr
}

// run runs a subcommand to its end, for at most 30 s.
func run(t *testing.T, env []string, args ...string) (output string, err error) {
	t.Helper()
	return runWith(t, "", env, args...)
}

// runWith is run with standard input.
func runWith(t *testing.T, input string, env []string, args ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append([]string{asProgram + "=1"}, env...)
	cmd.Stdin = strings.NewReader(input)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// A supervisor starts an instance again and again whose port is taken. None of these
// starts may move events from one member to another.
func TestServe_EndsBeforeItJoinsIfAPortIsTaken(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	p := &program{t: t, cfg: cfg}
	p.exec(`CREATE TABLE joins (id text);
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO joins VALUES (NEW.id); RETURN NEW; END';
		CREATE TRIGGER noted BEFORE INSERT ON cluster_members FOR EACH ROW EXECUTE FUNCTION note()`)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for _, name := range []string{"EVENTRA_HTTP_ADDR", "EVENTRA_OPS_ADDR", "EVENTRA_PROFILE_ADDR", "EVENTRA_CLUSTER_LISTEN"} {
		env := append(environment(cfg, "127.0.0.1:0"), "EVENTRA_CLUSTER_LISTEN=127.0.0.1:0", name+"="+taken.Addr().String())
		out, err := run(t, env, "serve")
		require.Error(t, err, name)
		require.Contains(t, out, "address already in use", name)
		require.Zero(t, p.count("SELECT count(*) FROM joins"), name)
	}
	_, url := launch(t, cfg, &logged{}, "EVENTRA_CLUSTER_LISTEN=127.0.0.1:0")
	eventually(t, 30*time.Second, "one that is ready", func() bool { return statusOf(url+"/readyz") == http.StatusOK })
	require.Equal(t, 1, p.count("SELECT count(*) FROM joins"))
}

func TestServe_SaysThatTheSchemaIsBehind(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]func(*testing.T, *app.Config) (heal func()){
		"an empty database": func(t *testing.T, cfg *app.Config) func() {
			cfg.PostgresURL = persistencetest.NewEmptyDatabase(t)
			return func() {
				out, err := run(t, environment(cfg, "127.0.0.1:0"), "migrate")
				require.NoError(t, err, out)
			}
		},
		"one migration missing": func(t *testing.T, cfg *app.Config) func() {
			p := &program{t: t, cfg: cfg}
			p.exec(`CREATE TABLE kept AS SELECT * FROM goose_db_version WHERE version_id = 3`)
			p.exec(`DELETE FROM goose_db_version WHERE version_id = 3`)
			return func() { p.exec(`INSERT INTO goose_db_version SELECT * FROM kept`) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig(t)
			heal := behind(t, cfg)
			lines := &logged{}
			t.Cleanup(func() { t.Log(lines) })
			_, url := launch(t, cfg, lines, "EVENTRA_MIGRATE=false", "EVENTRA_CLUSTER_LISTEN=127.0.0.1:0")
			eventually(t, 20*time.Second, "a log line", func() bool { return strings.Contains(lines.String(), "run `eventra migrate`") })
			require.Equal(t, http.StatusOK, statusOf(url+"/healthz"))
			p := &program{t: t, cfg: cfg, url: url, http: &http.Client{Timeout: 5 * time.Second}}
			unready := p.must(503, "GET", "/readyz", "", nil)
			require.Contains(t, unready.text("detail"), "run `eventra migrate`")
			require.Equal(t, object{"status": "down", "required": true}, unready.body["checks"].(object)["schema"])
			require.Equal(t, "unavailable", p.must(503, "GET", "/events", "", nil).text("code"))
			heal()
			eventually(t, 20*time.Second, "it to be ready", func() bool { return statusOf(url+"/readyz") == http.StatusOK })
			p.must(200, "GET", "/events", "", nil)
		})
	}
}

func TestServe_IsAliveWithoutPostgres(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{
		"alone": nil, "migrates not": {"EVENTRA_MIGRATE=false"}, "a member": {"EVENTRA_CLUSTER_LISTEN=127.0.0.1:0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig(t)
			postgres := through(t, &cfg.PostgresURL)
			postgres.Cut()
			lines := &logged{}
			_, url := launch(t, cfg, lines, settings...)
			eventually(t, 20*time.Second, "a log line", func() bool { return strings.Contains(lines.String(), "PostgreSQL does not answer") })
			for range 5 {
				asked := time.Now()
				require.Equal(t, http.StatusOK, statusOf(url+"/healthz"))
				require.Less(t, time.Since(asked), 5*time.Second)
			}
			require.Equal(t, http.StatusServiceUnavailable, statusOf(url+"/readyz"))
			postgres.Restore()
			eventually(t, 30*time.Second, "it to be ready", func() bool { return statusOf(url+"/readyz") == http.StatusOK })
			require.NotContains(t, lines.String(), "panic")
		})
	}
}

func TestServe_StopsWhileItStarts(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	postgres := through(t, &cfg.PostgresURL)
	postgres.Cut()
	cmd, url := launch(t, cfg, &logged{}, "EVENTRA_DRAIN_DELAY=1m")
	eventually(t, 20*time.Second, "it to be alive", func() bool { return statusOf(url+"/healthz") == http.StatusOK })
	require.NoError(t, stopWithin(t, cmd, 15*time.Second))
}
