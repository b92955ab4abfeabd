package http

import (
	"io"
	"os"
	"sync"
	"time"
)

// seatWatcher is the body of one stream. A client that reads slowly gets the changes of a
// longer time in one frame, so nothing queues up for it.
type seatWatcher struct {
	of     *seatStreams
	stream *seatStream
	known  seatsKnown // by the client, when it has read the rest
	rest   []byte     // of the frame
	begun  time.Time  // when the client began to read the frame
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
		w.begun = time.Now()
	case time.Since(w.begun) > streamFrameMax:
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(b, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

var heartbeat = []byte(":\n\n")

func (w *seatWatcher) next() []byte {
	beat := time.NewTimer(streamHeartbeat)
	defer beat.Stop()
	for {
		frame, now, newer := w.stream.after(w.known)
		if frame != nil {
			w.known = now
			return frame
		}
		select {
		case <-newer:
		case <-beat.C:
			return heartbeat
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
