package proc

import (
	"os/exec"
	"runtime"
	"sync"
)

// startOnLastingThread starts cmd from one OS thread that lives as long as the launcher.
//
// Linux ties a parent-death signal to the thread that forked, not to its process. A server that is started from any goroutine
// would be killed as soon as Go's runtime retires that thread.
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
