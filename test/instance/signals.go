package instance

import (
	"fmt"
	"syscall"
	"time"
)

// Kill ends the process as a crash would, and waits until it is gone.
func (i *Instance) Kill() error {
	process, err := i.signal(syscall.SIGKILL)
	if err != nil {
		return err
	}
	<-process.exited
	return nil
}

// Terminate asks the process to leave. What comes of it, Wait tells.
func (i *Instance) Terminate() error {
	_, err := i.signal(syscall.SIGTERM)
	return err
}

// Wait waits for the process's end and returns its exit code, -1 after a
// signal.
func (i *Instance) Wait(within time.Duration) (code int, err error) {
	i.mu.Lock()
	process := i.process
	i.mu.Unlock()
	if process == nil {
		return 0, fmt.Errorf("%s: %w", i.Name, errNotRunning)
	}
	select {
	case <-process.exited:
		return process.code, nil
	case <-time.After(within):
		return 0, fmt.Errorf("%s still runs after %v", i.Name, within)
	}
}

// Stop asks the process to leave and requires that it goes well.
func (i *Instance) Stop(within time.Duration) error {
	if err := i.Terminate(); err != nil {
		return err
	}
	code, err := i.Wait(within)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s left with exit code %d", i.Name, code)
	}
	return err
}

// Freeze stops the process as a long pause of its machine would.
func (i *Instance) Freeze() error {
	_, err := i.signal(syscall.SIGSTOP)
	return err
}

// Thaw lets a frozen process go on.
func (i *Instance) Thaw() error {
	_, err := i.signal(syscall.SIGCONT)
	return err
}
