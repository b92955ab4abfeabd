package http

import (
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/eventra/eventra"
)

// seatWatcher is the body of one stream. A client that reads slowly gets the changes of a
// longer time in one frame, so nothing queues up for it.
type seatWatcher struct {
	of     *seatStreams
	stream *seatStream
	packed bool // the client accepts gzip

	known  seatsKnown        // by the client, when it has read the rest
	sale   eventra.SaleState // that the client knows
	sum    gzipSum           // of what the client got
	begun  bool
	ended  bool
	rest   []byte    // of the frame
	framed time.Time // when the client began to read the frame
	once   sync.Once
	closed func() // may be nil
}

// Read implements io.Reader. It returns changes, or a comment when there are none for a
// while.
func (w *seatWatcher) Read(b []byte) (int, error) {
	switch {
	case len(w.rest) == 0:
		if w.rest = w.next(); w.rest == nil {
			return 0, io.EOF
		}
		w.framed = time.Now()
	case time.Since(w.framed) > streamFrameMax:
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(b, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

// next returns what is sent next, nil at the end.
func (w *seatWatcher) next() []byte {
	switch {
	case !w.begun:
		w.begun = true
		w.sum.add(preface.in(w.packed).sum)
		if w.packed {
			return append(slices.Clip(gzipHeader), preface.packed.body...)
		}
		return preface.plain.body
	case w.ended:
		return nil
	}
	f := w.await()
	if f != nil {
		w.sum.add(f.sum)
		return f.body
	}
	w.ended = true
	if w.packed {
		return gzipEnd(w.sum)
	}
	return nil
}

// await waits for the next frame, which is nil when the stream has ended.
func (w *seatWatcher) await() *frame {
	beat := time.NewTimer(streamHeartbeat)
	defer beat.Stop()
	for {
		f, newer := w.stream.after(w)
		if f != nil {
			return f
		}
		select {
		case <-newer:
		case <-beat.C:
			return heartbeat.in(w.packed)
		case <-w.stream.ended:
			return nil
		}
	}
}

// Close implements io.Closer. The server calls it when the client has gone or the stream
// has ended.
func (w *seatWatcher) Close() error {
	w.once.Do(func() {
		w.of.unwatch(w.stream)
		if w.closed != nil {
			w.closed()
		}
	})
	return nil
}
