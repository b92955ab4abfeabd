package balancer

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/http1"
)

// upstream is one instance as the balancer sees it.
type upstream struct {
	pool  *http1.Pool
	ready atomic.Bool
}

const (
	// probePause is the pause between probes of /readyz. Eventra's drain delay
	// must be a few of these.
	probePause = 100 * time.Millisecond
	// probeTimeout exceeds the second that /readyz may wait for a dependency.
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

// probe uses a new connection, as health checks of balancers do.
func (u *upstream) probe() {
	ready := false
	deadline := time.Now().Add(probeTimeout)
	if conn, err := http1.Dial(u.pool.Address(), deadline); err == nil {
		response, err := conn.Do(&http1.Request{Method: "GET", Path: "/readyz"}, deadline)
		ready = err == nil && response.Status == 200
		conn.Close()
	}
	if was := u.ready.Swap(ready); was && !ready {
		u.pool.CloseIdle()
	}
}
