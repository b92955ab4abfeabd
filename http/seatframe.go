package http

import (
	"slices"
	"strconv"

	"github.com/eventra/eventra"
)

// frame is a piece of a stream, in one coding. All watchers who get it share its bytes.
type frame struct {
	chunk []byte  // as HTTP/1.1 transfers it
	from  int     // where the piece itself begins in the chunk
	sum   gzipSum // of the text, if it is packed

	watchers int // that are being sent it, and the stream while it keeps it; see frameBudget
}

func newFrame(text []byte, packed bool) *frame {
	if !packed {
		return newChunk(text, gzipSum{})
	}
	return newChunk(gzipPiece(text), gzipSumOf(text))
}

// newChunk puts the length before a piece, and the end after it.
func newChunk(piece []byte, sum gzipSum) *frame {
	chunk := make([]byte, 0, len(piece)+chunkFrameBytes)
	chunk = append(strconv.AppendUint(chunk, uint64(len(piece)), 16), "\r\n"...)
	from := len(chunk)
	return &frame{chunk: append(append(chunk, piece...), "\r\n"...), from: from, sum: sum}
}

// chunkFrameBytes is the room for a chunk's length and for what ends lines.
const chunkFrameBytes = 20

// chunksEnd ends a response that is transferred in chunks.
const chunksEnd = "0\r\n\r\n"

// in returns the bytes for a client that takes chunks, or for one that reads up to the end
// of the connection.
func (f *frame) in(chunks bool) []byte {
	if chunks {
		return f.chunk
	}
	return f.chunk[f.from : len(f.chunk)-len("\r\n")]
}

// fixedFrame is a frame that never changes.
type fixedFrame struct{ plain, packed *frame }

func newFixedFrame(text string) fixedFrame {
	return fixedFrame{newFrame([]byte(text), false), newFrame([]byte(text), true)}
}

func (f fixedFrame) in(packed bool) *frame {
	if packed {
		return f.packed
	}
	return f.plain
}

var (
	heartbeat = newFixedFrame(":\n\n")
	// preface begins a stream: with a field of whatever event comes first, which says how
	// long to wait, in milliseconds, before connecting again.
	preface = fixedFrame{newFrame(prefaceText, false),
		newChunk(append(slices.Clip(gzipHeader), gzipPiece(prefaceText)...), gzipSumOf(prefaceText))}
	prefaceText = []byte("retry: " + strconv.Itoa(int(streamRetry.Milliseconds())) + "\n")

	saleFrames = map[eventra.SaleState]fixedFrame{
		eventra.SaleUpcoming: newSaleFrame(eventra.SaleUpcoming), eventra.SaleOpen: newSaleFrame(eventra.SaleOpen),
		eventra.SaleEnded: newSaleFrame(eventra.SaleEnded), eventra.SaleCancelled: newSaleFrame(eventra.SaleCancelled),
	}
)

func newSaleFrame(state eventra.SaleState) fixedFrame {
	return newFixedFrame("event: sale\ndata: {\"state\":\"" + string(state) + "\"}\n\n")
}

// appendDelta appends the seats that changed since a version:
// {version, changes: [{seat, status}], places: [{section, available, …}]}.
func appendDelta(b []byte, since uint64, view *eventra.SeatsView) []byte {
	b = strconv.AppendUint(append(b, "event: delta\nid: "...), view.Version, 10)
	b = strconv.AppendUint(append(b, "\ndata: {\"version\":"...), view.Version, 10)
	b = append(b, `,"changes":[`...)
	first := true
	for no, changed := range view.Changed {
		if changed <= since || view.Status[no] == eventra.SeatRemoved {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(append(b, `{"seat":`...), view.Layout.Seats[no].Name())
		b = append(append(append(b, `,"status":"`...), view.Status[no].String()...), `"}`...)
	}
	b = append(b, ']')
	b = appendPlaces(b, since, view)
	return append(b, "}\n\n"...)
}

// appendPlaces appends the general-admission sections that changed, if there are any.
func appendPlaces(b []byte, since uint64, view *eventra.SeatsView) []byte {
	before := `,"places":[`
	for i := range view.Floors {
		floor := &view.Floors[i]
		if floor.Changed <= since {
			continue
		}
		section := generalSection(floor)
		b = section.appendJSON(append(b, before...), "section")
		before = ","
	}
	if before == "," {
		b = append(b, ']')
	}
	return b
}

// appendSnapshot appends a [SeatsView], which is one line.
func appendSnapshot(b []byte, view *eventra.SeatsView) []byte {
	b = slices.Grow(b, seatMapBytes(len(view.Status)))
	b = strconv.AppendUint(append(b, "event: snapshot\nid: "...), view.Version, 10)
	b = appendSeatMap(append(b, "\ndata: "...), view, seatPart{})
	return append(b, "\n\n"...)
}
