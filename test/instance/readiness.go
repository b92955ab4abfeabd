package instance

import (
	"fmt"
	"time"

	"github.com/eventra/eventra/test/http1"
)

// Readiness requests /readyz once and returns the status, 0 without a response.
func (i *Instance) Readiness(timeout time.Duration) int {
	deadline := time.Now().Add(timeout)
	conn, err := http1.Dial(i.HTTPAddress, deadline)
	if err != nil {
		return 0
	}
	defer conn.Close()
	response, err := conn.Do(&http1.Request{Method: "GET", Path: "/readyz"}, deadline)
	if err != nil {
		return 0
	}
	return response.Status
}

// readyPoll is the pause between requests of /readyz.
const readyPoll = 25 * time.Millisecond

// WaitReady waits until /readyz returns 200. It fails early if the process ends.
func (i *Instance) WaitReady(timeout time.Duration) error {
	started := time.Now()
	for time.Since(started) < timeout {
		if !i.Running() {
			return fmt.Errorf("%s ended before it was ready: see %s", i.Name, i.LogPath())
		}
		if i.Readiness(time.Second) == 200 {
			return nil
		}
		time.Sleep(readyPoll)
	}
	return fmt.Errorf("%s is not ready after %v: see %s", i.Name, timeout, i.LogPath())
}
