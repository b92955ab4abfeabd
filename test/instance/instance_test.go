package instance

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asInstance makes the test binary a program that serves /readyz at the address
// in this variable.
const asInstance = "CLUSTERTEST_AS_INSTANCE"

func TestMain(m *testing.M) {
	if address := os.Getenv(asInstance); address != "" {
		http.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
		_ = http.ListenAndServe(address, nil)
		return
	}
	os.Exit(m.Run())
}

func newInstance(t *testing.T) *Instance {
	addresses, err := FreeAddresses(1)
	require.NoError(t, err)
	i := New(Spec{Name: "one", Binary: os.Args[0], HTTPAddress: addresses[0], LogFolder: t.TempDir(),
		Environment: []string{asInstance + "=" + addresses[0]}})
	require.NoError(t, i.Start())
	t.Cleanup(func() {
		if i.Running() {
			_ = i.Kill()
		}
	})
	require.NoError(t, i.WaitReady(10*time.Second))
	return i
}

func TestInstance_StartsAgainAfterKill(t *testing.T) {
	i := newInstance(t)
	first := i.PID()
	require.ErrorContains(t, i.Start(), "runs already")
	require.NoError(t, i.Kill())
	require.False(t, i.Running())
	require.Zero(t, i.Readiness(time.Second))
	require.ErrorIs(t, i.Terminate(), errNotRunning)

	require.NoError(t, i.Start())
	require.NoError(t, i.WaitReady(10*time.Second))
	require.NotEqual(t, first, i.PID())
	log, err := os.ReadFile(filepath.Join(i.LogFolder, "one.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "start 2 at")
}

func TestInstance_Freeze_SilencesItUntilThaw(t *testing.T) {
	i := newInstance(t)
	require.NoError(t, i.Freeze())
	require.True(t, i.Running())
	require.Eventually(t, func() bool { return i.Readiness(100*time.Millisecond) == 0 }, 5*time.Second, time.Millisecond, "SIGSTOP is asynchronous")
	require.NoError(t, i.Thaw())
	require.NoError(t, i.WaitReady(5*time.Second))
}

func TestInstance_Stop_FailsIfASignalEndsIt(t *testing.T) {
	i := newInstance(t)
	require.ErrorContains(t, i.Stop(5*time.Second), "exit code -1")
}
