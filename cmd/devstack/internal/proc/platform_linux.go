package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// capDACOverride is CAP_DAC_OVERRIDE of linux/capability.h.
const capDACOverride = 1

func sysProcAttr(spec Spec) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: !spec.ShareTerminal, Pdeathsig: spec.DeathSignal}
	if u := spec.User; u != nil {
		attr.Credential = &syscall.Credential{Uid: u.UID, Gid: u.GID}
		if u.IgnoreFileModes {
			attr.AmbientCaps = []uintptr{capDACOverride}
		}
	}
	return attr
}

// CanIgnoreFileModes reports whether User.IgnoreFileModes can be granted. Root in a container may lack the capability.
func CanIgnoreFileModes() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		if set, found := strings.CutPrefix(line, "CapPrm:"); found {
			capabilities, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
			return err == nil && capabilities&(1<<capDACOverride) != 0
		}
	}
	return false
}

// startMark distinguishes processes that had the same id one after the other. It is empty if no process with the id runs; a
// zombie does not run.
func startMark(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return "", nil
	}
	if err != nil {
		return "", err
	}

	// The second field is the program's name in parentheses and may contain anything, so fields count from its end. The state
	// is field 3 of proc(5); the start time, in clock ticks since the boot, is field 22.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return "", fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	if state := fields[0]; state == "Z" || state == "X" {
		return "", nil
	}
	return bootID() + " " + fields[19], nil
}

var bootID = sync.OnceValue(func() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
})
