package system

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU times in /proc: USER_HZ is 100 on every Linux that Go
// supports.
const clockTick = 10 * time.Millisecond

// CPU returns the CPU time of the server's process and those of its cluster, 0 if it is
// unknown.
func (s *Server) CPU() (spent time.Duration) {
	for _, member := range s.members() {
		if content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", member.instance.PID())); err == nil {
			spent += cpuOf(content)
		}
	}
	return spent
}

// cpuOf parses pid (name) state ppid …, where utime and stime are the 14th and 15th
// field, and the name may contain any character.
func cpuOf(stat []byte) time.Duration {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(string(fields[11]), 10, 64)
	system, _ := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * clockTick
}

// MachineLoad returns the load average of the last minute, such as "3.51".
func MachineLoad() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(content), " ")
	return load
}
