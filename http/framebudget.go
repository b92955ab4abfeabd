package http

import "sync/atomic"

const (
	// framesMaxBytes bounds what an instance keeps of frames that are being sent. Beyond
	// it no other large one is made until clients have read some.
	framesMaxBytes = 128 << 20
	// framesCountedBytes is from where on frames count.
	framesCountedBytes = 4 << 10
)

// frameBudget counts the bytes of the frames that are kept or being sent, each once,
// however many clients it is sent to.
type frameBudget struct{ bytes atomic.Int64 }

// take counts one more watcher of a frame. One goroutine has all of a frame's watchers.
func (b *frameBudget) take(f *frame) {
	if f == nil || len(f.chunk) < framesCountedBytes {
		return
	}
	if f.watchers++; f.watchers == 1 {
		b.bytes.Add(int64(len(f.chunk)))
	}
}

// give counts one watcher less.
func (b *frameBudget) give(f *frame) {
	if f == nil || len(f.chunk) < framesCountedBytes {
		return
	}
	if f.watchers--; f.watchers == 0 {
		b.bytes.Add(-int64(len(f.chunk)))
	}
}

func (b *frameBudget) full() bool { return b.bytes.Load() >= framesMaxBytes }
