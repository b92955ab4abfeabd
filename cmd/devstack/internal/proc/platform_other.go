//go:build !linux

package proc

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

func sysProcAttr(spec Spec) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: !spec.ShareTerminal}
	if u := spec.User; u != nil {
		attr.Credential = &syscall.Credential{Uid: u.UID, Gid: u.GID}
	}
	return attr
}

// CanIgnoreFileModes reports whether User.IgnoreFileModes can be granted.
func CanIgnoreFileModes() bool { return false }

// startMark distinguishes processes that had the same id one after the other. It is empty if no process with the id runs; a
// zombie does not run.
func startMark(pid int) (string, error) {
	out, err := exec.Command("ps", "-o", "stat=,lstart=", "-p", strconv.Itoa(pid)).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", nil // ps found none
	}
	if err != nil {
		return "", err
	}

	state, started, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if strings.HasPrefix(state, "Z") {
		return "", nil
	}
	return strings.TrimSpace(started), nil
}
