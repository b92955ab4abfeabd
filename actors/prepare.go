package actors

// prepareMin is the number of changes that take seats from which on their locks are
// taken while the batch in flight commits. A smaller batch would not be worth the
// transaction that follows it: it grows until the batch in flight has completed.
const prepareMin = 96

// prepare takes the locks of the changes that wait, if they are many.
func (a *activation) prepare() {
	b := a.next.filling
	if a.inFlight == nil || a.next.preparing != nil || b.taking < a.prepareMin {
		return
	}
	b.EventID = a.id
	if a.pool.Prepare(&b.Batch, func() { a.tell(&prepared{b}) }) {
		a.next.preparing, a.next.filling = b, &batch{}
	}
}

// prepared takes a batch that has its locks by now. If its changes were given up
// meanwhile, so are the locks.
func (a *activation) prepared(b *batch) {
	if b == a.next.preparing {
		a.next.endPreparing()
		a.pump()
		return
	}
	a.pool.Discard(&b.Batch)
	if a.inFlight == nil {
		a.pool.ReleasePending()
	}
}

// abandonNext gives up all changes that wait, with the locks that they have, and
// returns their requests.
func (a *activation) abandonNext() (open []*request) {
	for _, b := range a.next.parts() {
		open = append(open, b.requests...)
	}
	if a.next.prepared.Len() > 0 {
		a.pool.Discard(&a.next.prepared.Batch)
	}
	a.next = newNext()
	return open
}
