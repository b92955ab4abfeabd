package scenario

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/loadtest/bench/wrk"
)

// rulesHigh are rate limits of every kind that no load reaches.
const rulesHigh = limitsHigh + ",auth=1000000/1s,unauthenticated=1000000/1s,keys=1000000/1s"

// keyed compares holds that have a fresh Idempotency-Key each, as clients are told to
// send, with plain ones at the same server; and keyed holds at a server with the rate
// limiter and the log of requests on with plain ones at a server without.
func keyed(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() error {
		every, err := b.StartAnother(ctx, "every-rule", "EVENTRA_RATE_LIMITS="+rulesHigh, "EVENTRA_LOG_LEVEL=info")
		if err != nil {
			return err
		}
		for _, connections := range b.Connections {
			plain := b.holds("plain", b.System.Eventra, connections, 1)
			if err := b.compareWith(ctx, fmt.Sprintf("%d connections", connections), plain,
				b.keyedHolds("keyed", b.System.Eventra, connections), b.keyedHolds("every rule", every, connections)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) keyedHolds(name string, at *system.Server, connections int) variant {
	return b.holdsBy(name, at, connections, 1, func(script *wrk.Holds) { script.Keys = rand.Text() + "-" })
}
