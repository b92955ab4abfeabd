package actors

import (
	"time"

	"github.com/eventra/eventra"
)

// deadline is when a hold is due, by the local clock. There is one for each hold, so it
// keeps the time in nanoseconds since 1970.
type deadline struct {
	booking eventra.ID
	at      int64
}

func newDeadline(booking eventra.ID, at time.Time) deadline { return deadline{booking, at.UnixNano()} }

func (d *deadline) time() time.Time { return time.Unix(0, d.at) }

// deadlineHeap is a binary heap with the earliest deadline first. container/heap
// would allocate for each deadline that goes in or out.
type deadlineHeap []deadline

func (d *deadlineHeap) push(x deadline) {
	*d = append(*d, x)
	heap, at := *d, len(*d)-1
	for at > 0 {
		parent := (at - 1) / 2
		if x.at >= heap[parent].at {
			break
		}
		heap[at], at = heap[parent], parent
	}
	heap[at] = x
}

// pop removes the earliest deadline of a heap that is not empty.
func (d *deadlineHeap) pop() deadline {
	heap := *d
	first, x := heap[0], heap[len(heap)-1]
	heap = heap[:len(heap)-1]
	*d = heap
	if len(heap) == 0 {
		return first
	}
	at := 0
	for {
		child := 2*at + 1
		if child >= len(heap) {
			break
		}
		if right := child + 1; right < len(heap) && heap[right].at < heap[child].at {
			child = right
		}
		if heap[child].at >= x.at {
			break
		}
		heap[at], at = heap[child], child
	}
	heap[at] = x
	return first
}
