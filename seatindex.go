package eventra

import (
	"hash/maphash"
	"strconv"
)

// seatIndex finds seats by their canonical names. It is an open-addressed hash table of
// seat numbers alone: the names are made from the seats when they are compared, because a
// map with them would take more memory than all else of a seat.
type seatIndex struct {
	seed  maphash.Seed
	slots []SeatNo // the seat's number + 1; 0: free. A power of two, at least half of it free
}

func newSeatIndex(seats []Seat) seatIndex {
	size := 2
	for size < 2*len(seats) {
		size *= 2
	}
	x := seatIndex{seed: maphash.MakeSeed(), slots: make([]SeatNo, size)}
	var name []byte
	for i := range seats {
		if seats[i].Removed() {
			continue
		}
		name = seats[i].appendCanonicalName(name[:0])
		at := x.slot(maphash.Bytes(x.seed, name))
		for x.slots[at] != 0 {
			at = x.next(at)
		}
		x.slots[at] = SeatNo(i) + 1
	}
	return x
}

// find returns the number of the seat with that canonical name.
func (x *seatIndex) find(seats []Seat, name string) (SeatNo, bool) {
	var room [128]byte // of most names
	for at := x.slot(maphash.String(x.seed, name)); x.slots[at] != 0; at = x.next(at) {
		no := x.slots[at] - 1
		if string(seats[no].appendCanonicalName(room[:0])) == name {
			return no, true
		}
	}
	return 0, false
}

func (x *seatIndex) slot(hash uint64) int { return int(hash & uint64(len(x.slots)-1)) }

func (x *seatIndex) next(at int) int { return (at + 1) & (len(x.slots) - 1) }

// appendName appends the name of the seat.
func (s *Seat) appendName(b []byte) []byte {
	b = append(append(b, s.Section...), '-')
	b = append(append(b, s.Row...), '-')
	return strconv.AppendInt(b, int64(s.Number), 10)
}

// appendCanonicalName appends the canonical form of the seat's name.
func (s *Seat) appendCanonicalName(b []byte) []byte {
	if isASCII(s.Section) && isASCII(s.Row) {
		return s.appendName(b)
	}
	return append(b, CanonicalName(s.Name())...)
}
