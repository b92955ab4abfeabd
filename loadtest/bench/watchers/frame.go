package watchers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"strconv"
	"sync"

	"github.com/eventra/eventra/test/client"
)

// frame is one event of a stream. Watchers who got the same bytes share it.
type frame struct {
	event   string // snapshot or delta
	version uint64 // 0: none
	data    []byte
}

// frames are all different frames of a crowd.
type frames struct {
	mu  sync.Mutex
	all map[uint64]*frame // by the hash of their bytes
}

var seed = maphash.MakeSeed()

// intern returns the frame with this text.
func (all *frames) intern(text []byte) (*frame, error) {
	hash := maphash.Bytes(seed, text)
	all.mu.Lock()
	defer all.mu.Unlock()
	if f := all.all[hash]; f != nil {
		return f, nil
	}
	f, err := parse(text)
	if err != nil {
		return nil, err
	}
	if all.all == nil {
		all.all = map[uint64]*frame{}
	}
	all.all[hash] = f
	return f, nil
}

// parse reads the fields of a frame.
func parse(text []byte) (*frame, error) {
	f := &frame{}
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "event":
			f.event = string(value)
		case "id":
			version, err := strconv.ParseUint(string(value), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%q is not the id of a frame", value)
			}
			f.version = version
		case "data":
			f.data = append(f.data, value...)
		}
	}
	return f, nil
}

// step is a frame as changes of seats, by their numbers.
type step struct {
	whole  bool // it says the status of each seat
	seats  []int32
	status []byte
}

// The status of a seat.
const (
	unknown byte = iota
	available
	held
)

// decode returns the changes that a frame tells.
func (f *frame) decode(house client.House) (*step, error) {
	var body struct {
		Version        uint64
		Changes, Seats []struct{ Seat, Status string }
	}
	if err := json.Unmarshal(f.data, &body); err != nil {
		return nil, fmt.Errorf("frame %d is not as described: %w", f.version, err)
	}
	s := &step{whole: f.event == "snapshot"}
	if s.whole {
		body.Changes = body.Seats
	}
	if body.Version != f.version || !s.whole && f.event != "delta" || s.whole && len(body.Seats) != house.Size() {
		return nil, fmt.Errorf("the %s of version %d says version %d and %d seats", f.event, f.version, body.Version, len(body.Changes))
	}
	for _, change := range body.Changes {
		n, known := numberOf(house, change.Seat)
		status := unknown
		switch change.Status {
		case "AVAILABLE":
			status = available
		case "HELD":
			status = held
		}
		if !known || status == unknown {
			return nil, fmt.Errorf("frame %d has seat %q as %q", f.version, change.Seat, change.Status)
		}
		s.seats, s.status = append(s.seats, int32(n)), append(s.status, status)
	}
	return s, nil
}

// numberOf returns the number of a seat, counted from 0.
func numberOf(house client.House, seat string) (n int, known bool) {
	var row, number int
	if _, err := fmt.Sscanf(seat, "A-%d-%d", &row, &number); err != nil {
		return 0, false
	}
	n = (row-1)*house.SeatsPerRow + number - 1
	return n, n >= 0 && n < house.Size() && house.Seat(n) == seat
}
