package instance

import (
	"fmt"
	"syscall"
	"time"
)

// Kill sends SIGKILL and waits until the process has ended.
func (i *Instance) Kill() error {
	killed, err := i.signal(syscall.SIGKILL)
	if err != nil {
		return err
	}
	<-killed.exited
	return nil
}

// Terminate sends SIGTERM. Wait returns the outcome.
func (i *Instance) Terminate() error {
	_, err := i.signal(syscall.SIGTERM)
	return err
}

// Wait waits until the process has ended and returns its exit code, -1 if a
// signal ended it.
func (i *Instance) Wait(timeout time.Duration) (code int, err error) {
	i.mu.Lock()
	current := i.current
	i.mu.Unlock()
	if current == nil {
		return 0, fmt.Errorf("%s: %w", i.Name, errNotRunning)
	}
	select {
	case <-current.exited:
		return current.code, nil
	case <-time.After(timeout):
		return 0, fmt.Errorf("%s still runs after %v", i.Name, timeout)
	}
}

// Stop sends SIGTERM and waits until the process has ended. A non-zero exit code
// is an error.
func (i *Instance) Stop(timeout time.Duration) error {
	if err := i.Terminate(); err != nil {
		return err
	}
	code, err := i.Wait(timeout)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s ended with exit code %d: see %s", i.Name, code, i.LogPath())
	}
	return err
}

// Freeze sends SIGSTOP, which looks like a long pause of the machine.
func (i *Instance) Freeze() error {
	_, err := i.signal(syscall.SIGSTOP)
	return err
}

// Thaw sends SIGCONT to a frozen process.
func (i *Instance) Thaw() error {
	_, err := i.signal(syscall.SIGCONT)
	return err
}
