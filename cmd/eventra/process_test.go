package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
)

// asProgram is a variable that turns the test binary into the program, for tests
// that kill it.
const asProgram = "EVENTRA_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is an instance in a process of its own.
type process struct {
	cmd *exec.Cmd
	url string
}

func environment(cfg *app.Config, addr string) []string {
	return append(os.Environ(), asProgram+"=1", "EVENTRA_HTTP_ADDR="+addr,
		"EVENTRA_POSTGRES_URL="+cfg.PostgresURL, "EVENTRA_MONGO_URL="+cfg.MongoURL, "EVENTRA_REDIS_URL="+cfg.RedisURL,
		"EVENTRA_SMTP_URL="+cfg.SMTPURL, "EVENTRA_JWT_SECRET="+cfg.JWTSecret, "EVENTRA_LOG_FORMAT=text", "EVENTRA_LOG_LEVEL=warn", "EVENTRA_PAYMENT_GATEWAY="+cfg.PaymentGateway,
		"EVENTRA_ADMIN_EMAIL="+cfg.AdminEmail, "EVENTRA_ADMIN_PASSWORD="+cfg.AdminPassword, "EVENTRA_RATE_LIMITS=off", "EVENTRA_REQUIRE_VERIFIED_EMAIL=false")
}

func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func startProcess(t *testing.T, cfg *app.Config, settings ...string) *process {
	t.Helper()
	addr := freeAddr(t)
	cmd := exec.Command(os.Args[0], "serve")
	cmd.Env = append(environment(cfg, addr), settings...)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			_, _ = testLog{t}.Write(lines.Bytes())
		}
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	proc := &process{cmd, "http://" + addr}
	eventually(t, 30*time.Second, "the process to be ready", func() bool {
		resp, err := http.Get(proc.url + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return proc
}

// TestApp_ReleasesHoldsAfterAKill kills the program while it has holds. After a
// restart overdue holds are released within seconds, the others on time.
func TestApp_ReleasesHoldsAfterAKill(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	first := startProcess(t, cfg)
	p := &program{t: t, cfg: cfg, url: first.url, http: &http.Client{Timeout: 10 * time.Second}}
	p.admin = p.login(adminEmail, adminPassword)
	short := p.event(5, 10, object{"holdSeconds": 5})
	long := p.event(5, 10, object{"holdSeconds": 15})
	tokens := p.users(10)
	var onTime time.Time
	parallel(20, 10, func(i int) {
		for _, event := range []string{short, long} {
			if a := p.hold(tokens[i%10], event, fmt.Sprintf("A-%d-%d", 1+i/10, 1+i%10)); a.status != 201 {
				t.Errorf("unexpected: %v", a)
			}
		}
	})
	last := p.hold(tokens[0], long, "A-5-10")
	onTime, err := time.Parse(time.RFC3339, last.text("expiresAt"))
	require.NoError(t, err)
	require.NoError(t, first.cmd.Process.Kill())
	_ = first.cmd.Wait()
	<-time.After(6 * time.Second) // the short holds end while no instance runs

	p.url = startProcess(t, cfg).url
	free := func(event string) bool {
		for _, status := range p.seatStatus(event) {
			if status != "AVAILABLE" {
				return false
			}
		}
		return true
	}
	restarted := time.Now()
	eventually(t, 5*time.Second, "overdue holds to be released", func() bool { return free(short) })
	t.Logf("overdue holds released %v after readiness", time.Since(restarted))
	eventually(t, 20*time.Second, "the other holds to be released", func() bool { return free(long) })
	require.False(t, time.Now().Before(onTime))
	require.Less(t, time.Since(onTime), 3*time.Second)
}

func TestServe_NamesEveryConfigurationFault(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "serve")
	cmd.Env = []string{asProgram + "=1", "EVENTRA_POSTGRES_URL=http://x", "EVENTRA_JWT_SECRET=short", "EVENTRA_RATE_LIMITS=bookings=many", "EVENTRA_LOG_FORMAT=xml"}
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	for _, name := range []string{"POSTGRES_URL", "MONGO_URL", "REDIS_URL", "SMTP_URL", "JWT_SECRET", "bookings=many", "LOG_FORMAT",
		"EVENTRA_PAYMENT_GATEWAY: is required; choices: mock"} {
		require.Contains(t, string(out), name)
	}
	require.NotContains(t, string(out), "goroutine", "no stack")
}

// Only serve moves money, so only serve requires a gateway.
func TestMigrate_NeedsNoPaymentGateway(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.PaymentGateway = ""
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "migrate")
	cmd.Env = environment(cfg, "127.0.0.1:0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}
