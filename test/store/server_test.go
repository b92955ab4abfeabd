package store

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// findStarted finds a process as soon as /proc has its command line.
func findStarted(t *testing.T, pid int) (s *Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		var err error
		s, err = findServer(pid)
		return err == nil
	}, exitTimeout, time.Millisecond)
	return s
}

func TestServer_Restart_KeepsArgumentsEnvironmentAndFolder(t *testing.T) {
	folder := t.TempDir()
	cmd := exec.Command("sleep", "600")
	cmd.Dir, cmd.Env = folder, []string{"GREETING=hello world", "EMPTY="}
	require.NoError(t, cmd.Start())
	go func() { _ = cmd.Wait() }() // as a launcher does
	s := findStarted(t, cmd.Process.Pid)

	for range 2 { // the second time, the process is a child of this one
		killed := s.pid
		require.NoError(t, s.Kill())
		require.ErrorIs(t, syscall.Kill(killed, 0), syscall.ESRCH)
		require.NoError(t, s.restart(exitTimeout, func() error { return nil }))
		require.NotEqual(t, killed, s.pid)
		again := findStarted(t, s.pid)
		require.Equal(t, []string{"sleep", "600"}, again.args)
		require.Equal(t, folder, again.spec.Dir)
		require.Equal(t, []string{"GREETING=hello world", "EMPTY="}, again.spec.Env)
	}
	s.stop(syscall.SIGTERM)
	_, err := os.Stat("/proc/" + strconv.Itoa(s.pid))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestServer_Restart_RepeatsAStartThatEndsAtOnce(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	require.NoError(t, cmd.Start())
	go func() { _ = cmd.Wait() }()
	s := findStarted(t, cmd.Process.Pid)
	require.NoError(t, s.Kill())
	s.args = []string{"sleep", "0"}
	starts := map[int]bool{}
	require.NoError(t, s.restart(exitTimeout, func() error {
		if starts[s.pid] = true; len(starts) < 3 {
			return errEnded
		}
		return nil
	}))
	s.stop(syscall.SIGTERM)
}
