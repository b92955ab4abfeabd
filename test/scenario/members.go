package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
)

const (
	// viewPatience is how long an instance may take to show the cluster: it
	// asks all members.
	viewPatience = 5 * time.Second
	// wholeWithin is how long a healthy cluster may take to agree on its
	// members: a lease of those who died, and then some.
	wholeWithin = 15 * time.Second
)

// waitWhole waits until every instance sees exactly the instances that run, all
// of them active, and tells how long that took.
func (w *World) waitWhole(ctx context.Context) (time.Duration, error) {
	started := time.Now()
	var last error
	err := until(ctx, wholeWithin, "all instances to see the same members", func() bool {
		_, last = w.views()
		return last == nil
	})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", err, last)
	}
	return time.Since(started), nil
}

// views asks each running instance for its view; they have to agree.
func (w *World) views() (views []*client.ClusterView, err error) {
	running := 0
	for _, i := range w.Instances {
		if i.Running() {
			running++
		}
	}
	for k, target := range w.Targets {
		if !w.Instances[k].Running() {
			continue
		}
		view, err := w.Admin.ClusterView(target, viewPatience)
		if err != nil {
			return nil, err
		}
		if len(view.Members) != running || view.Active() != running {
			return nil, fmt.Errorf("%s sees %d members, %d of them active, where %d run", target.Name, len(view.Members), view.Active(), running)
		}
		views = append(views, view)
	}
	return views, nil
}

// memberID is the id of an instance's present membership; "" if it does not say.
func (w *World) memberID(k int, patience time.Duration) string {
	view, err := w.Admin.ClusterView(w.Targets[k], patience)
	if err != nil {
		return ""
	}
	if self := view.Self(); self != nil {
		return self.ID
	}
	return ""
}

// owner finds the instance on which an event is active; the event has to be
// awake.
func (w *World) owner(ctx context.Context, event string) (k int, err error) {
	k = -1
	err = until(ctx, wholeWithin, "one owner of event "+event, func() bool {
		for n, target := range w.Targets {
			if !w.Instances[n].Running() {
				continue
			}
			view, err := w.Admin.ClusterView(target, viewPatience)
			if err != nil {
				return false
			}
			found := view.Of(event)
			if len(found) != 1 {
				return false
			}
			k = w.at(found[0].Address)
			return k >= 0
		}
		return false
	})
	return k, err
}

// at finds an instance by the address at which its peers reach it.
func (w *World) at(address string) int {
	for k, i := range w.Instances {
		if i.ClusterAddress == address {
			return k
		}
	}
	return -1
}

// others are the targets of all instances but one.
func (w *World) others(k int) (targets []*client.Target) {
	for n, target := range w.Targets {
		if n != k {
			targets = append(targets, target)
		}
	}
	return targets
}

// restart starts an instance again and waits until the cluster is whole.
func (w *World) restart(ctx context.Context, i *instance.Instance) error {
	if err := w.start(i); err != nil {
		return err
	}
	_, err := w.waitWhole(ctx)
	return err
}
