package actors

import (
	"time"

	"github.com/eventra/eventra/actors/cluster"
)

// retireAfter is how long a retired activation still answers callers that hold
// its PID. A message to a stopped actor would be lost without an answer.
const retireAfter = 10 * time.Second

// retire ends the activation in good order: it leaves the directory and
// redirects its callers, those that wait and those that still come.
func (a *activation) retire() {
	if a.phase == moving {
		defer a.wakeNextOwner()
	}
	a.phase = retired
	a.ended.Store(true)
	a.forget()
	a.requeue(nil)
	a.redirectWaiting()
	a.stopAfter(retireAfter)
}

// redirectWaiting answers everything that waits: ask the next owner.
func (a *activation) redirectWaiting() {
	for _, r := range a.waiting {
		a.fail(r, cluster.ErrMoved)
	}
	for _, r := range a.readers {
		a.send(r.to, &reply{err: cluster.ErrMoved})
	}
	for _, to := range a.reloaders {
		a.send(to, &reply{err: cluster.ErrMoved})
	}
	a.waiting, a.readers, a.reloaders, a.overdue = nil, nil, nil, nil
}
