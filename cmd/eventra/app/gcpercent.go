package app

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// gcPercentMax is GOGC of a small heap. A collection takes every idle CPU for some
	// milliseconds, and all other work waits, also that of a database on the same machine. So
	// the collector runs a third as often as by Go's default, while that costs little memory.
	gcPercentMax = 300
	// gcPercentMin is GOGC of a large heap, Go's default: what is allocated between two
	// collections costs no more time than there.
	gcPercentMin = 100
	// gcHeadroom is what may be allocated between two collections of a heap in between.
	gcHeadroom = 192 << 20
)

// paceCollector sets GOGC now and after each collection, by what is alive then, unless the
// environment gives one.
func paceCollector() {
	if _, given := os.LookupEnv("GOGC"); given {
		return
	}
	current := 0
	afterEachCollection(func() bool {
		if percent := gcPercent(liveHeap()); percent != current {
			debug.SetGCPercent(percent)
			current = percent
		}
		return true
	})
}

// gcPercent returns GOGC for a heap of which so many bytes are alive.
func gcPercent(live uint64) int {
	if live == 0 {
		return gcPercentMax
	}
	return int(min(max(gcHeadroom*100/live, gcPercentMin), gcPercentMax))
}

// liveHeap returns how many bytes the last collection has found alive.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// afterEachCollection calls f now and after each collection, on a goroutine at a time, while
// it returns true.
func afterEachCollection(f func() bool) {
	if !f() {
		return
	}
	// The next collection finds the mark unreachable.
	mark := &struct{ self any }{}
	runtime.AddCleanup(mark, afterEachCollection, f)
}
