package load

import (
	"fmt"
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
)

// UnknownHold is a hold whose outcome its buyer does not know.
type UnknownHold struct {
	Buyer *client.Buyer
	Hold  client.Operation
}

// unknownHolds collects the unknown holds of a generator.
type unknownHolds struct {
	mu    sync.Mutex
	holds []UnknownHold
}

func (u *unknownHolds) note(buyer *client.Buyer, hold client.Operation) {
	if hold.Certain() {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.holds = append(u.holds, UnknownHold{buyer, hold})
}

// Unknown returns the holds whose outcome is unknown.
func (u *unknownHolds) Unknown() []UnknownHold {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.holds
}

// resolvePause is the pause between retries of a key. An earlier request of the
// key may be in progress; its claim outlives a killed instance by some seconds.
const resolvePause = 500 * time.Millisecond

// Resolve retries each hold under its key until all outcomes are known.
func Resolve(at *client.Target, holds []UnknownHold, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for {
		var left []UnknownHold
		for _, u := range holds {
			retried := u.Buyer.RetryHold(at, u.Hold)
			if !retried.Certain() || retried.NotExecuted() {
				left = append(left, u)
			}
		}
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d holds still have no outcome after %v of retries", len(left), timeout)
		}
		holds = left
		time.Sleep(resolvePause)
	}
}
