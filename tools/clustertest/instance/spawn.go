package instance

import (
	"os/exec"
	"runtime"
	"sync"
)

// startOnLastingThread starts cmd from one OS thread that lives as long as the
// runner: Linux ties the signal at a parent's death to the thread that forked.
func startOnLastingThread(cmd *exec.Cmd) error {
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
