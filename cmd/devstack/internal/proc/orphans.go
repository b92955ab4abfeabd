package proc

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const (
	pidFileSuffix = ".pid"

	// orphanPatience is the time that an orphan has to end in good order.
	orphanPatience = 10 * time.Second

	// killPatience is the time that the kernel has to end a killed process. Only a stuck disk takes longer.
	killPatience = 5 * time.Second
)

// A pidNote is the content of a pid file.
type pidNote struct {
	Name       string
	PID        int
	StartMark  string // the process id alone may belong to another process by now
	StopSignal syscall.Signal
	OwnGroup   bool
	StartedAt  time.Time
}

func writePIDFile(path string, pid int, spec Spec) error {
	mark, err := startMark(pid)
	if err != nil {
		return err
	}
	content, err := json.Marshal(pidNote{
		Name:       spec.Name,
		PID:        pid,
		StartMark:  mark,
		StopSignal: spec.StopSignal,
		OwnGroup:   !spec.ShareTerminal,
		StartedAt:  time.Now(),
	})
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// EndOrphans ends the processes that a killed launcher left behind, the latest first, and returns their names. The caller must
// hold the lock of the data folder; otherwise it would end the processes of a running launcher.
func EndOrphans(pidFolder string) (ended []string, err error) {
	paths, err := filepath.Glob(filepath.Join(pidFolder, "*"+pidFileSuffix))
	if err != nil {
		return nil, err
	}

	var notes []pidNote
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read a pid file: %w", err)
		}
		var note pidNote
		if json.Unmarshal(content, &note) == nil {
			notes = append(notes, note)
		} // otherwise the launcher was killed while it wrote the file, and Linux has ended the process with it
	}
	slices.SortFunc(notes, func(a, b pidNote) int { return cmp.Or(b.StartedAt.Compare(a.StartedAt), b.PID-a.PID) })

	var failures []error
	for _, note := range notes {
		switch found, err := note.end(); {
		case err != nil:
			failures = append(failures, err)
		case found:
			ended = append(ended, note.Name)
		}
	}
	if err := errors.Join(failures...); err != nil {
		return ended, err
	}

	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			return ended, fmt.Errorf("remove a pid file: %w", err)
		}
	}
	return ended, nil
}

// end ends the process and waits until it is gone. It reports whether there was one.
func (n pidNote) end() (found bool, err error) {
	if alive, err := n.alive(); !alive || err != nil {
		return false, err
	}

	if err := syscall.Kill(n.PID, n.StopSignal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return true, fmt.Errorf("%s (process %d) is left from an earlier run and cannot be ended: %w", n.Name, n.PID, err)
	}
	if gone, err := n.waitUntilGone(orphanPatience); gone || err != nil {
		return true, err
	}

	if n.OwnGroup {
		_ = syscall.Kill(-n.PID, syscall.SIGKILL)
	}
	_ = syscall.Kill(n.PID, syscall.SIGKILL)
	if gone, err := n.waitUntilGone(killPatience); gone || err != nil {
		return true, err
	}
	return true, fmt.Errorf("%s (process %d) is left from an earlier run and does not end; end it by hand", n.Name, n.PID)
}

func (n pidNote) alive() (bool, error) {
	mark, err := startMark(n.PID)
	return mark != "" && mark == n.StartMark, err
}

// waitUntilGone polls: the kernel reports the end of a process to its parent only, and an orphan's parent is gone.
func (n pidNote) waitUntilGone(patience time.Duration) (bool, error) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if alive, err := n.alive(); !alive || err != nil {
			return !alive, err
		}
	}
	return false, nil
}
