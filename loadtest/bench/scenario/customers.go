package scenario

import (
	"context"
	"fmt"

	"github.com/eventra/eventra/loadtest/bench/wrk"
)

// shopCustomers is for how many customers the API key of [customers] sells.
const shopCustomers = 10_000

// customers compares holds by an API key for customers of its shop, each in turn, with holds by
// one user, on the same server.
func customers(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() error {
		key, err := b.System.APIKey(b.System.Eventra)
		if err != nil {
			return err
		}
		for _, connections := range b.Connections {
			one := b.holdsBy("one user", b.System.Eventra, connections, 1, func(script *wrk.Holds) { script.Tokens = script.Tokens[:1] })
			many := b.holdsBy("customers", b.System.Eventra, connections, 1, func(script *wrk.Holds) {
				script.Tokens, script.Customers = []string{key}, shopCustomers
			})
			if err := b.compareWith(ctx, fmt.Sprintf("%d connections", connections), one, many); err != nil {
				return err
			}
		}
		return nil
	})
}
