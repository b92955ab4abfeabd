package http

import (
	"slices"
	"time"

	"github.com/eventra/eventra"
)

// chunkSeats is how many seats are written and packed together: some 70 kB of JSON. A seat
// that changes costs its chunk; smaller ones would pack worse.
const chunkSeats = 512

// encodedSeatMap is a finished encoding. Nobody writes to it.
//
// If it has chunks, its body is a piece that begins the map, a piece for each chunk, and
// pieces that end it. The pieces refer to nothing before them, so the next encoding takes
// over those whose seats are the same.
type encodedSeatMap struct {
	view   *eventra.SeatsView
	body   []byte
	asked  time.Time // when the view was asked for
	chunks []seatChunk
}

// seatChunk is the piece of the seats whose numbers are in one run of chunkSeats.
type seatChunk struct {
	from, to int     // in the body
	sum      gzipSum // of the text, if it is packed with gzip
	some     bool    // it has a seat of the part
}

// bytes returns how much memory the encoding keeps from being freed.
func (m *encodedSeatMap) bytes() int {
	const seatBytes, chunkBytes = 9, 48 // of the view, which others may share
	return cap(m.body) + seatBytes*len(m.view.Status) + chunkBytes*cap(m.chunks)
}

// has reports whether chunk i is the same in a later view.
func (m *encodedSeatMap) has(i int, view *eventra.SeatsView) bool {
	if m == nil || i >= len(m.chunks) || m.view.Layout != view.Layout {
		return false
	}
	from, to := chunkAt(i, view)
	return slices.Equal(m.view.Status[from:to], view.Status[from:to])
}

// chunkAt returns the numbers of the seats of a chunk.
func chunkAt(i int, view *eventra.SeatsView) (from, to int) {
	return i * chunkSeats, min((i+1)*chunkSeats, len(view.Status))
}

// encodeChunks encodes a map, or that of a section. It takes over what has not changed
// since an earlier encoding of the same part in the same coding, which may be nil.
func encodeChunks(view *eventra.SeatsView, part seatPart, coding string, before *encodedSeatMap) *encodedSeatMap {
	w := newChunkWriter(coding, before)
	w.piece(appendSeatMapBegin(nil, view, part))
	chunks := make([]seatChunk, (len(view.Status)+chunkSeats-1)/chunkSeats)
	for i := range chunks {
		chunk := &chunks[i]
		chunk.from = len(w.body)
		if before.has(i, view) {
			w.takeOver(chunk, before, i)
		} else {
			w.encode(chunk, view, part, i)
		}
		chunk.to = len(w.body)
	}
	w.piece([]byte(seatMapEnd))
	return &encodedSeatMap{view: view, body: w.end(), chunks: chunks}
}

// chunkWriter makes the body of an encoding.
type chunkWriter struct {
	coding string
	body   []byte
	sum    gzipSum
	text   []byte // of a chunk
	seats  seatWriter
}

func newChunkWriter(coding string, before *encodedSeatMap) *chunkWriter {
	w := &chunkWriter{coding: coding}
	if before != nil {
		w.body = make([]byte, 0, len(before.body)+len(before.body)/64)
	}
	switch coding {
	case codingGzip:
		w.body, w.sum = append(w.body, gzipHeader...), gzipSumOf(nil)
	case codingBrotli:
		w.body = append(w.body, brotliHeader...)
	}
	return w
}

// piece appends some text, and returns its sum.
func (w *chunkWriter) piece(text []byte) (sum gzipSum) {
	switch w.coding {
	case codingGzip:
		sum = gzipSumOf(text)
		w.body = append(w.body, gzipPiece(text)...)
		w.sum.add(sum)
	case codingBrotli:
		w.body = appendBrotliPiece(w.body, text)
	default:
		w.body = append(w.body, text...)
	}
	return sum
}

func (w *chunkWriter) encode(chunk *seatChunk, view *eventra.SeatsView, part seatPart, i int) {
	from, to := chunkAt(i, view)
	w.text = w.seats.appendPart(w.text[:0], view, part, from, to)
	if len(w.text) > 0 {
		chunk.some = true
		chunk.sum = w.piece(w.text)
	}
}

func (w *chunkWriter) takeOver(chunk *seatChunk, before *encodedSeatMap, i int) {
	old := &before.chunks[i]
	w.body = append(w.body, before.body[old.from:old.to]...)
	chunk.sum, chunk.some = old.sum, old.some
	if chunk.some {
		w.sum.add(old.sum)
		w.seats.any = true
	}
}

// end returns the body.
func (w *chunkWriter) end() []byte {
	switch w.coding {
	case codingGzip:
		w.body = append(w.body, gzipEnd(w.sum)...)
	case codingBrotli:
		w.body = append(w.body, brotliEnd...)
	}
	return w.body
}
