package system

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Machine is the CPU time of all processes of this machine up to a moment.
type Machine struct {
	programs    map[string]time.Duration // by name
	idle, total time.Duration            // of all CPUs
}

// ReadMachine reads /proc. Without it, the result is empty.
func ReadMachine() Machine {
	m := Machine{programs: map[string]time.Duration{}}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		content, err := os.ReadFile(path)
		first, last := bytes.IndexByte(content, '('), bytes.LastIndexByte(content, ')')
		if err != nil || first < 0 || last < first {
			continue // the process has ended
		}
		m.programs[string(content[first+1:last])] += cpuOf(content)
	}
	if content, err := os.ReadFile("/proc/stat"); err == nil {
		m.idle, m.total = idleOf(content)
	}
	return m
}

// idleOf reads the first line: cpu user nice system idle iowait irq softirq steal ….
func idleOf(stat []byte) (idle, total time.Duration) {
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, field := range strings.Fields(line)[1:] {
		ticks, _ := strconv.ParseInt(field, 10, 64)
		d := time.Duration(ticks) * clockTick
		if i == 3 || i == 4 {
			idle += d
		}
		if i < 8 { // user includes guests
			total += d
		}
	}
	return idle, total
}

// ownName returns this program's name as the kernel has it.
func ownName() string {
	const kernelMax = 15
	name := filepath.Base(os.Args[0])
	return name[:min(len(name), kernelMax)]
}

// Since describes the CPU time of the stores and of this program by request, and the idle time. Ended
// processes are not counted.
func (m Machine) Since(before Machine, requests int64) string {
	if requests == 0 || m.total == before.total {
		return ""
	}
	var parts []string
	for _, name := range []string{"postgres", "redis-server", ownName()} {
		if each := (m.programs[name] - before.programs[name]) / time.Duration(requests); each >= time.Microsecond {
			parts = append(parts, fmt.Sprintf("%s %d", name, each.Microseconds()))
		}
	}
	return fmt.Sprintf("%s µs; idle %.0f %%;", strings.Join(parts, ", "), 100*float64(m.idle-before.idle)/float64(m.total-before.total))
}
