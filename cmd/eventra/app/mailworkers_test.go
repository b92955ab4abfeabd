package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConfig_MailWorkers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		configured int
		rate       float64
		want       int
	}{{0, 100, 20}, {0, 1, 4}, {0, 0.05, 1}, {0, 1e6, 64}, {100, 100, 100}, {1, 100, 1}, {256, 2, 20}} {
		config := Config{MailWorkers: c.configured, MailRate: c.rate}
		require.Equal(t, c.want, config.mailWorkers(), c)
	}
}
