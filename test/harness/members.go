package harness

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/wait"
)

const (
	// ViewTimeout bounds a request for the cluster view or the metrics of an instance,
	// which asks all members.
	ViewTimeout = 5 * time.Second
	// convergenceTimeout is how long a healthy cluster may take to converge. A killed
	// member's lease must expire first.
	convergenceTimeout = 15 * time.Second
)

// WaitConverged waits until every instance sees exactly the running instances, all
// of them active, and returns how long that took.
func (c *Cluster) WaitConverged(ctx context.Context) (time.Duration, error) {
	started := time.Now()
	var last error
	err := wait.Until(ctx, convergenceTimeout, "all instances to see the same members", func() bool {
		last = c.converged()
		return last == nil
	})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", err, last)
	}
	return time.Since(started), nil
}

// converged returns an error unless each running instance sees all of them.
func (c *Cluster) converged() error {
	running := 0
	for _, i := range c.Instances {
		if i.Running() {
			running++
		}
	}
	for k, target := range c.Targets {
		if !c.Instances[k].Running() {
			continue
		}
		view, err := c.Admin.ClusterView(target, ViewTimeout)
		if err != nil {
			return err
		}
		if len(view.Members) != running || view.Active() != running {
			return fmt.Errorf("%s sees %d members, %d of them active, where %d run", target.Name, len(view.Members), view.Active(), running)
		}
	}
	return nil
}

// MemberID returns the id of an instance's current membership, "" if it is unknown.
func (c *Cluster) MemberID(k int, timeout time.Duration) string {
	view, err := c.Admin.ClusterView(c.Targets[k], timeout)
	if err != nil {
		return ""
	}
	if self := view.Self(); self != nil {
		return self.ID
	}
	return ""
}

// Owner finds the instance that has the event's activation. The event must be
// active.
func (c *Cluster) Owner(ctx context.Context, event string) (k int, err error) {
	k = -1
	err = wait.Until(ctx, convergenceTimeout, "one owner of event "+event, func() bool {
		for n, target := range c.Targets {
			if !c.Instances[n].Running() {
				continue
			}
			view, err := c.Admin.ClusterView(target, ViewTimeout)
			if err != nil {
				return false
			}
			found := view.Of(event)
			if len(found) != 1 {
				return false
			}
			k = c.IndexOf(found[0].Address)
			return k >= 0
		}
		return false
	})
	return k, err
}

// IndexOf finds an instance by its cluster address. It returns -1 if there is none.
func (c *Cluster) IndexOf(address string) int {
	for k, i := range c.Instances {
		if i.ClusterAddress == address {
			return k
		}
	}
	return -1
}

// Others returns the targets of all instances but one.
func (c *Cluster) Others(k int) (targets []*client.Target) {
	for n, target := range c.Targets {
		if n != k {
			targets = append(targets, target)
		}
	}
	return targets
}

// Restart starts an instance and waits until the cluster has converged.
func (c *Cluster) Restart(ctx context.Context, i *instance.Instance) error {
	if err := c.Start(i); err != nil {
		return err
	}
	_, err := c.WaitConverged(ctx)
	return err
}
