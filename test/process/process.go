// Package process starts child processes that die with this one.
package process

import (
	"os/exec"
	"runtime"
	"sync"
)

// Start starts cmd from an OS thread that lives as long as this process. Linux
// sends the parent-death signal (SysProcAttr.Pdeathsig, which cmd should set)
// when the forking thread ends, not when its process does.
func Start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	forkThread() <- func() { result <- cmd.Start() }
	return <-result
}

var forkThread = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})
