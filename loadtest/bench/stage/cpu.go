package stage

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the kernel's unit for a process's times: USER_HZ is 100 on
// every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// CPU is how long the server's process has computed. Where the system does not
// tell, it is zero.
func (s *Server) CPU() time.Duration {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.instance.PID()))
	if err != nil {
		return 0
	}
	return cpuOf(content)
}

// cpuOf reads pid (name) state ppid …, where utime and stime are the 14th and
// 15th field, and the name may hold anything.
func cpuOf(stat []byte) time.Duration {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(string(fields[11]), 10, 64)
	system, _ := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * clockTick
}

// MachineLoad is how many processes wanted a CPU on average over the last
// minute, such as "3.51".
func MachineLoad() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(content), " ")
	return load
}

// newUUID makes a random UUID.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
