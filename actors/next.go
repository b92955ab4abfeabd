package actors

import "github.com/eventra/eventra/groupcommit"

// next is the changes that wait for the batch in flight to complete. All of them
// together are bounded like one batch.
type next struct {
	prepared  *batch // has its locks, and is submitted first
	preparing *batch // its locks are being taken; nil: none
	filling   *batch // has no locks yet
}

func newNext() next { return next{prepared: &batch{}, filling: &batch{}} }

// parts are in the order of their decisions.
func (n *next) parts() []*batch {
	if n.preparing == nil {
		return []*batch{n.prepared, n.filling}
	}
	return []*batch{n.prepared, n.preparing, n.filling}
}

// Len is the number of changes.
func (n *next) Len() (changes int) {
	changes = n.prepared.Len() + n.filling.Len()
	if n.preparing != nil {
		changes += n.preparing.Len()
	}
	return changes
}

// full reports whether there is no room for another change.
func (n *next) full() bool { return n.Len() >= groupcommit.BatchChangesMax }

// expiries is the number of changes that end due holds.
func (n *next) expiries() (changes int) {
	changes = n.prepared.expiries + n.filling.expiries
	if n.preparing != nil {
		changes += n.preparing.expiries
	}
	return changes
}

// endPreparing moves the batch being prepared to those that have their locks.
func (n *next) endPreparing() {
	b := n.preparing
	n.preparing = nil
	if n.prepared.Len() == 0 {
		n.prepared = b
		return
	}
	n.prepared.join(b)
}

// take removes the batch that is to be submitted now; nil: none. One that is
// being prepared is waited for unless another has its locks.
func (n *next) take() (b *batch) {
	switch {
	case n.prepared.Len() > 0:
		b, n.prepared = n.prepared, &batch{}
	case n.preparing == nil && n.filling.Len() > 0:
		b, n.filling = n.filling, &batch{}
	}
	return b
}
