package balancer

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/wire"
)

// upstream is one instance as the balancer sees it.
type upstream struct {
	pool  *wire.Pool
	ready atomic.Bool
}

const (
	// probePause parts looks at /readyz. Eventra's drain delay is to be a few
	// of these.
	probePause = 100 * time.Millisecond
	// probeTimeout is when silence means not ready. /readyz may wait a second
	// for a dependency.
	probeTimeout = 1500 * time.Millisecond
)

func (u *upstream) watch(ctx context.Context) {
	ticker := time.NewTicker(probePause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			u.probe()
		}
	}
}

// probe asks on a connection of its own, as a balancer's health check does.
func (u *upstream) probe() {
	ready := false
	deadline := time.Now().Add(probeTimeout)
	if conn, err := wire.Dial(u.pool.Address(), deadline); err == nil {
		answer, err := conn.Do(&wire.Request{Method: "GET", Path: "/readyz"}, deadline)
		ready = err == nil && answer.Status == 200
		conn.Close()
	}
	if was := u.ready.Swap(ready); was && !ready {
		u.pool.Forget()
	}
}
