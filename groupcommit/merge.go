package groupcommit

import "github.com/eventra/eventra"

// mergedChangesMax bounds the changes that one transaction takes from several events.
const mergedChangesMax = BatchChangesMax

// merged is batches of different events that share one transaction and one
// round trip for their locks.
type merged []*Batch

// merge takes the batches for the next transaction off the waiting ones, which
// are not empty, in the order of their submission. A second batch of the same
// event waits for the next transaction: two activations of one event may each
// have one in flight.
func merge(waiting []*Batch) (next merged, left []*Batch) {
	changes := 0
	events := map[eventra.ID]bool{}
	left = waiting[:0]
	for i, b := range waiting {
		if len(next) > 0 && changes+b.weight() > mergedChangesMax {
			left = append(left, waiting[i:]...)
			break
		}
		if events[b.EventID] {
			left = append(left, b)
			continue
		}
		events[b.EventID] = true
		next, changes = append(next, b), changes+b.weight()
	}
	clear(waiting[len(left):])
	return next, left
}
