package load

import (
	"fmt"
	"time"

	"github.com/eventra/eventra/tools/clustertest/client"
)

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
			again := o.Buyer.Hold(at, o.Hold.Event, o.Hold.Key, o.Hold.Seats...)
			if !again.Certain() || again.Code == "overloaded" || again.Unsent {
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
