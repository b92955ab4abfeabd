//go:build race

package actors

// A schedule is played by one goroutine: the detector has little to see in it
// and makes it eight times as slow.
const simSchedulesDefault = 10_000
