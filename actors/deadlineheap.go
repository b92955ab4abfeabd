package actors

import (
	"time"

	"github.com/eventra/eventra"
)

// deadline is when to ask about a hold, by the local clock.
type deadline struct {
	booking eventra.ID
	at      time.Time
}

// deadlineHeap is a binary heap, the earliest deadline first: what
// container/heap is, without a box for each deadline that goes in and out.
type deadlineHeap []deadline

func (d *deadlineHeap) push(x deadline) {
	*d = append(*d, x)
	heap, at := *d, len(*d)-1
	for at > 0 {
		parent := (at - 1) / 2
		if !x.at.Before(heap[parent].at) {
			break
		}
		heap[at], at = heap[parent], parent
	}
	heap[at] = x
}

// pop takes the earliest out of a heap that is not empty.
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
		if right := child + 1; right < len(heap) && heap[right].at.Before(heap[child].at) {
			child = right
		}
		if !heap[child].at.Before(x.at) {
			break
		}
		heap[at], at = heap[child], child
	}
	heap[at] = x
	return first
}
