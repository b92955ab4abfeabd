package app

import (
	"runtime"
	"testing"
)

func TestGCPercent_FallsAsTheHeapGrows(t *testing.T) {
	const mebibyte = 1 << 20
	for _, c := range []struct {
		live uint64
		want int
	}{
		{0, 300}, {1 * mebibyte, 300}, {64 * mebibyte, 300}, {96 * mebibyte, 200}, {150 * mebibyte, 128},
		{192 * mebibyte, 100}, {1024 * mebibyte, 100},
	} {
		if got := gcPercent(c.live); got != c.want {
			t.Errorf("%d MiB alive: %d %%, want %d", c.live/mebibyte, got, c.want)
		}
	}
}

func TestAfterEachCollection_RunsAfterEachUntilItIsEnough(t *testing.T) {
	calls := make(chan int, 4)
	n := 0
	afterEachCollection(func() bool {
		n++
		calls <- n
		return n < 3
	})
	for want := 1; want <= 3; want++ {
		if got := <-calls; got != want {
			t.Fatalf("call %d, want %d", got, want)
		}
		runtime.GC()
	}
	runtime.GC()
	if len(calls) > 0 {
		t.Error("it runs after it was enough")
	}
}

func TestLiveHeap_IsWhatTheLastCollectionFound(t *testing.T) {
	kept := make([]byte, 32<<20)
	runtime.GC()
	if live := liveHeap(); live < uint64(len(kept)) {
		t.Errorf("%d bytes alive, of them %d kept", live, len(kept))
	}
	runtime.KeepAlive(kept)
}
