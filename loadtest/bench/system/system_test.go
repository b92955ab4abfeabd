package system

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCPUOf_ParsesAnyProcessName(t *testing.T) {
	require.Equal(t, 120*time.Millisecond, cpuOf([]byte("7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 9 3 0 0 20 0 8 0 1 2 3")))
	require.Zero(t, cpuOf([]byte("7 (short) S 1")))
}

func TestNewUUID_IsRandom(t *testing.T) {
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, newUUID())
	first := newUUID()
	require.NotEqual(t, first, newUUID())
}
