package instance

import (
	"fmt"
	"time"

	"github.com/eventra/eventra/test/wire"
)

// Readiness asks /readyz once and returns its status, 0 without an answer. A
// frozen instance costs as long as patience.
func (i *Instance) Readiness(patience time.Duration) int {
	deadline := time.Now().Add(patience)
	conn, err := wire.Dial(i.HTTPAddress, deadline)
	if err != nil {
		return 0
	}
	defer conn.Close()
	answer, err := conn.Do(&wire.Request{Method: "GET", Path: "/readyz"}, deadline)
	if err != nil {
		return 0
	}
	return answer.Status
}

// readyPoll parts looks at /readyz.
const readyPoll = 25 * time.Millisecond

// WaitReady waits until the instance answers that it is ready.
func (i *Instance) WaitReady(within time.Duration) error {
	started := time.Now()
	for time.Since(started) < within {
		if !i.Running() {
			return fmt.Errorf("%s ended instead of becoming ready: see %s", i.Name, i.LogPath())
		}
		if i.Readiness(time.Second) == 200 {
			return nil
		}
		time.Sleep(readyPoll)
	}
	return fmt.Errorf("%s is not ready after %v: see %s", i.Name, within, i.LogPath())
}
