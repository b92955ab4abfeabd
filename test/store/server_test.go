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

// findBegun finds a process as soon as it tells how it was started.
func findBegun(t *testing.T, pid int) (s *Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		var err error
		s, err = findServer(pid)
		return err == nil
	}, goneWithin, time.Millisecond)
	return s
}

func TestAServerIsStartedAgainAsItWas(t *testing.T) {
	folder := t.TempDir()
	cmd := exec.Command("sleep", "600")
	cmd.Dir, cmd.Env = folder, []string{"GREETING=hello world", "EMPTY="}
	require.NoError(t, cmd.Start())
	go func() { _ = cmd.Wait() }() // as its launcher does
	s := findBegun(t, cmd.Process.Pid)

	for range 2 { // the second time it is the runner's own
		killed := s.pid
		require.NoError(t, s.Kill())
		require.ErrorIs(t, syscall.Kill(killed, 0), syscall.ESRCH)
		require.NoError(t, s.startAgain(goneWithin, func() error { return nil }))
		require.NotEqual(t, killed, s.pid)
		again := findBegun(t, s.pid)
		require.Equal(t, []string{"sleep", "600"}, again.line)
		require.Equal(t, folder, again.spec.Dir)
		require.Equal(t, []string{"GREETING=hello world", "EMPTY="}, again.spec.Env)
	}
	s.end(syscall.SIGTERM)
	_, err := os.Stat("/proc/" + strconv.Itoa(s.pid))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAServerThatEndsAtOnceIsTriedAgain(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	require.NoError(t, cmd.Start())
	go func() { _ = cmd.Wait() }()
	s := findBegun(t, cmd.Process.Pid)
	require.NoError(t, s.Kill())
	s.line = []string{"sleep", "0"}
	starts := map[int]bool{}
	require.NoError(t, s.startAgain(goneWithin, func() error {
		if starts[s.pid] = true; len(starts) < 3 {
			return errEnded
		}
		return nil
	}))
	s.end(syscall.SIGTERM)
}
