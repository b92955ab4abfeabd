package load

import (
	"fmt"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Open is a hold whose outcome its buyer was not told.
type Open struct {
	Buyer *client.Buyer
	Hold  client.Operation
}

// openHolds gathers them.
type openHolds struct {
	mu      sync.Mutex
	unknown []Open
}

func (h *openHolds) note(buyer *client.Buyer, hold client.Operation) {
	if hold.Certain() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unknown = append(h.unknown, Open{buyer, hold})
}

// Unknown are the holds whose outcome nobody was told.
func (h *openHolds) Unknown() []Open {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.unknown
}

// resolvePause parts tries of one key. A key's first request may still run, or
// be thought to: its claim outlives a killed instance by some seconds.
const resolvePause = 500 * time.Millisecond

// Resolve asks for each open hold again under its key, as a buyer does who
// was told nothing, until all are certain.
func Resolve(at *client.Target, open []Open, within time.Duration) error {
	deadline := time.Now().Add(within)
	for {
		var left []Open
		for _, o := range open {
			again := o.Buyer.RetryHold(at, o.Hold)
			if !again.Certain() || again.NotExecuted() {
				left = append(left, o)
			}
		}
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d holds have no outcome after %v, however often they are asked for", len(left), within)
		}
		open = left
		time.Sleep(resolvePause)
	}
}
