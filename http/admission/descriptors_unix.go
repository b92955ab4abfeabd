//go:build unix

package admission

import "syscall"

// descriptorsMax returns how many files and connections the process may have open. Go has
// raised the limit as far as the process may.
func descriptorsMax() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return uint64(limit.Cur) //nolint:unconvert // signed on FreeBSD
}
