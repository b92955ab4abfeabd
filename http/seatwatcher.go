package http

import (
	"time"

	"github.com/eventra/eventra"
)

// seatWatcher is one stream: what its client knows, and what it is being sent. A client
// that reads slowly gets the changes of a longer time in one frame, so nothing queues up
// for it. Only its stream's goroutine uses it once it has been opened.
type seatWatcher struct {
	stream *seatStream
	conn   watcherConn
	packed bool   // the client accepts gzip
	chunks bool   // it speaks HTTP/1.1
	leave  func() // gives back its places; may be nil

	known seatsKnown        // by the client, when it has read the rest
	sale  eventra.SaleState // that the client knows
	sum   gzipSum           // of what the client got
	begun bool
	ended bool // the rest is the last

	frame  *frame    // of which the rest is; nil for what is this watcher's alone
	bulk   bool      // the frame is a snapshot, of which not too much is sent at once
	rest   []byte    // at first the headers of the response
	framed time.Time // when the client began to read the rest
	moved  time.Time // when it last took some of it
	looked time.Time // whether the client has gone
}

// watcherConn is a connection on which nothing waits.
type watcherConn interface {
	Push(b []byte) (n int, err error)
	Gone() bool // its client has closed it
	Close() error
}

// send makes a frame the rest.
func (w *seatWatcher) send(f *frame, now time.Time) {
	w.sum.add(f.sum)
	w.frame, w.bulk, w.rest = f, false, f.in(w.chunks)
	w.framed, w.moved = now, now
}

// sendOwn makes bytes the rest that no other watcher gets.
func (w *seatWatcher) sendOwn(b []byte, now time.Time) {
	w.frame, w.bulk, w.rest = nil, false, b
	w.framed, w.moved = now, now
}

// begin makes the headers of the response, and what every stream begins with, the rest.
func (w *seatWatcher) begin(now time.Time) {
	f := preface.in(w.packed)
	w.sum.add(f.sum)
	w.begun = true
	w.sendOwn(append(w.rest, f.in(w.chunks)...), now)
}

// end makes what ends the response the rest.
func (w *seatWatcher) end(now time.Time) {
	var last []byte
	if w.packed {
		last = newChunk(gzipEnd(w.sum), gzipSum{}).in(w.chunks)
	}
	if w.chunks {
		last = append(last, chunksEnd...)
	}
	w.ended = true
	w.sendOwn(last, now)
}

// push sends some of the rest, not more than most, and reports how much.
func (w *seatWatcher) push(most int, now time.Time) (n int, err error) {
	n, err = w.conn.Push(w.rest[:most])
	w.rest = w.rest[n:]
	if n > 0 {
		w.moved = now
	}
	return n, err
}

// isStuck reports whether the client has not read the rest for too long.
func (w *seatWatcher) isStuck(now time.Time) bool {
	return len(w.rest) > 0 && (now.Sub(w.moved) > writeTimeout || now.Sub(w.framed) > streamFrameMax)
}
