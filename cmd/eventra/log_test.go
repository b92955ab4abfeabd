package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
)

// logged collects what a process logs.
type logged struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

// startLogging is launch, and waits until the process is ready.
func startLogging(t *testing.T, cfg *app.Config, to io.Writer, settings ...string) (cmd *exec.Cmd, url string) {
	t.Helper()
	cmd, url = launch(t, cfg, to, settings...)
	eventually(t, 30*time.Second, "the process to be ready", func() bool { return statusOf(url+"/readyz") == http.StatusOK })
	return cmd, url
}

func statusOf(url string) int {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// stopWithin sends SIGTERM and returns how the process ended.
func stopWithin(t *testing.T, cmd *exec.Cmd, limit time.Duration) error {
	t.Helper()
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(limit):
		require.FailNow(t, "it does not stop")
		return nil
	}
}

func TestServe_GoesOnWhenNobodyReadsItsLog(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = reader.Close() })
	cmd, url := startLogging(t, testConfig(t), writer, "EVENTRA_LOG_LEVEL=info")
	require.NoError(t, writer.Close())
	for range 1500 { // some 200 bytes each; a pipe holds 64 KiB
		require.Equal(t, http.StatusNotFound, statusOf(url+"/nowhere"))
	}
	require.NoError(t, stopWithin(t, cmd, 30*time.Second))
}

func TestServe_LogsConnectionsInItsFormat(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	postgres, redis := through(t, &cfg.PostgresURL), through(t, &cfg.RedisURL)
	lines := &logged{}
	cmd, url := startLogging(t, cfg, lines, "EVENTRA_LOG_LEVEL=info", "EVENTRA_LOG_FORMAT=json", "EVENTRA_MAIL_FORM=x")
	postgres.Cut()
	redis.Cut()
	eventually(t, 20*time.Second, "both to be away", func() bool {
		statusOf(url + "/readyz")
		return strings.Contains(lines.String(), "postgres is away") && strings.Contains(lines.String(), "redis is away")
	})
	_ = stopWithin(t, cmd, 60*time.Second)
	require.NotContains(t, lines.String(), "is back")
	require.Contains(t, lines.String(), "EVENTRA_MAIL_FORM")
	for line := range strings.Lines(lines.String()) {
		if strings.HasPrefix(line, "eventra: error:") {
			break // the last line is for the person who started it
		}
		require.True(t, json.Valid([]byte(line)), line)
	}
}

func TestServe_EndsAtOnceAtASecondSignal(t *testing.T) {
	t.Parallel()
	cmd, url := startLogging(t, testConfig(t), &logged{}, "EVENTRA_DRAIN_DELAY=1m")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	eventually(t, 10*time.Second, "it to drain", func() bool { return statusOf(url+"/readyz") == http.StatusServiceUnavailable })
	begun := time.Now()
	require.Error(t, stopWithin(t, cmd, 10*time.Second))
	require.Less(t, time.Since(begun), 5*time.Second)
}

func TestProgram_PrintsItsVersion(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "--version")
	cmd.Env = []string{asProgram + "=1"}
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Equal(t, "eventra "+version+"\n", string(out))
}
