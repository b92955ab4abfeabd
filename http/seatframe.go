package http

import (
	"slices"
	"strconv"

	"github.com/eventra/eventra"
)

// frame is a piece of a stream, in one coding. All watchers who get it share it.
type frame struct {
	body []byte
	sum  gzipSum // of the text, if it is packed
}

func newFrame(text []byte, packed bool) *frame {
	if !packed {
		return &frame{body: text}
	}
	return &frame{gzipPiece(text), gzipSumOf(text)}
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
	// preface is a field of whatever event comes first: how long to wait, in milliseconds,
	// before connecting again.
	preface = newFixedFrame("retry: " + strconv.Itoa(int(streamRetry.Milliseconds())) + "\n")

	saleFrames = map[eventra.SaleState]fixedFrame{
		eventra.SaleUpcoming: newSaleFrame(eventra.SaleUpcoming), eventra.SaleOpen: newSaleFrame(eventra.SaleOpen),
		eventra.SaleEnded: newSaleFrame(eventra.SaleEnded), eventra.SaleCancelled: newSaleFrame(eventra.SaleCancelled),
	}
)

func newSaleFrame(state eventra.SaleState) fixedFrame {
	return newFixedFrame("event: sale\ndata: {\"state\":\"" + string(state) + "\"}\n\n")
}

// appendDelta appends the seats that changed since a version:
// {version, changes: [{seat, status}]}.
func appendDelta(b []byte, since uint64, view *eventra.SeatsView) []byte {
	b = strconv.AppendUint(append(b, "event: delta\nid: "...), view.Version, 10)
	b = strconv.AppendUint(append(b, "\ndata: {\"version\":"...), view.Version, 10)
	b = append(b, `,"changes":[`...)
	first := true
	for no, changed := range view.Changed {
		if changed <= since {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendQuoted(append(b, `{"seat":`...), view.Layout.Seats[no].Name())
		b = append(append(append(b, `,"status":"`...), view.Status[no].String()...), `"}`...)
	}
	return append(b, "]}\n\n"...)
}

// appendSnapshot appends a [SeatsView], which is one line.
func appendSnapshot(b []byte, view *eventra.SeatsView) []byte {
	b = slices.Grow(b, seatMapBytes(len(view.Status)))
	b = strconv.AppendUint(append(b, "event: snapshot\nid: "...), view.Version, 10)
	b = appendSeatMap(append(b, "\ndata: "...), view, seatPart{})
	return append(b, "\n\n"...)
}
