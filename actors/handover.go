package actors

// handOver gives the event up: the batch in flight completes, all other requests
// are redirected to the next owner, which is told to load.
func (a *activation) handOver() {
	if a.phase >= moving {
		return
	}
	a.phase = moving
	a.requeue(nil)
	a.redirectWaiting()
	if a.inFlight == nil {
		a.retire()
	}
}

// stop is the last act of an activation. It waits for the batch in flight, so
// that its callers get the outcome, and for the locks that it has to give back.
func (a *activation) stop() {
	a.forget()
	a.phase = retired
	a.ended.Store(true)
	if b := a.inFlight; b != nil {
		a.Wait(b.Done()) // bounded by the timeouts of group commit, for this batch and those before it
		a.inFlight = nil
		a.outcome(b)
	}
	if b := a.next.preparing; b != nil {
		a.Wait(b.Prepared())
		a.next.endPreparing()
	}
	a.requeue(nil)
	a.redirectWaiting()
	a.pool.ReleasePending()
}
