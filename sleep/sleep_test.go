package sleep_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/sleep"
)

func TestFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cancelAfter, sleep, slept time.Duration
		err                       error
	}{
		"sleeps":                         {time.Hour, time.Minute, time.Minute, nil},
		"wakes up when the context ends": {time.Second, time.Minute, time.Second, context.Canceled},
		"does not sleep afterwards":      {0, time.Minute, 0, context.Canceled},
		"does not sleep for nothing":     {time.Hour, 0, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				if c.cancelAfter == 0 {
					cancel()
				}
				defer time.AfterFunc(c.cancelAfter, cancel).Stop()
				began := time.Now()
				require.ErrorIs(t, sleep.For(ctx, c.sleep), c.err)
				require.Equal(t, c.slept, time.Since(began))
			})
		})
	}
}
