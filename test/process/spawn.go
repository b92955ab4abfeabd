// Package process starts processes that do not outlive the runner.
package process

import (
	"os/exec"
	"runtime"
	"sync"
)

// Start starts cmd, whose signal at its parent's death is to be set, from one OS
// thread that lives as long as the runner: Linux ties that signal to the thread
// that forked.
func Start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	lastingThread() <- func() { result <- cmd.Start() }
	return <-result
}

var lastingThread = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})
