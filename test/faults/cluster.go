package main

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/fault"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/mailsink"
	"github.com/eventra/eventra/test/network"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

// cluster is a cluster into which every kind of fault can be injected.
type cluster struct {
	*harness.Cluster
	system     *fault.System
	clients    []*client.Target // the instances, through their client links
	testbed    *network.Testbed // nil without root
	forwarders []*network.Forwarder
	readiness  readiness
}

const (
	instances = 3
	// gatewayTimeout is short, so that it is often exceeded.
	gatewayTimeout = "3s"
)

func newCluster(ctx context.Context, s *harness.Settings, servers *store.Servers, r *harness.Report) (c *cluster, err error) {
	c = &cluster{system: &fault.System{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.system.Mail, err = mailsink.Open(); err != nil {
		return c, err
	}
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return c, err
	}
	stores.SMTPURL = c.system.Mail.URL()
	configs, err := c.configure(r, stores)
	if err != nil {
		return c, err
	}
	if c.Cluster, err = harness.Prepare(ctx, s, r, stores, configs); err != nil {
		return c, err
	}
	for n := range c.Instances {
		if err := c.addClientLink(n); err != nil {
			return c, err
		}
	}
	c.Admin.Recorder = c.Ledger
	c.system.Instances = c.Instances
	c.system.Postgres, c.system.Redis = servers.Postgres, servers.Redis
	return c, c.Open(ctx)
}

// configure gives each instance a network namespace, if that is possible, and
// links of its own to the stores.
func (c *cluster) configure(r *harness.Report, stores store.Stores) (configs []harness.InstanceConfig, err error) {
	gateway := "127.0.0.1"
	if c.testbed, err = network.Open(instances); err != nil {
		r.Say("no partitions: %v", err)
		c.testbed = nil
		if configs, err = harness.Loopback(instances); err != nil {
			return nil, err
		}
	} else {
		gateway = c.testbed.Gateway
		c.system.Nodes = c.testbed.Nodes
		for _, node := range c.testbed.Nodes {
			configs = append(configs, harness.OnNode(node))
		}
	}
	for n := range configs {
		links := map[string]*network.Forwarder{}
		reached, err := stores.Via(func(name, address string) (string, error) {
			f, err := network.Forward(gateway+":0", address)
			if err != nil {
				return "", err
			}
			c.forwarders = append(c.forwarders, f)
			links[name] = f
			return f.Address(), nil
		})
		if err != nil {
			return nil, err
		}
		configs[n].Stores = &reached
		configs[n].Environment = []string{"EVENTRA_PAYMENT_TIMEOUT=" + gatewayTimeout}
		c.system.StoreLinks = append(c.system.StoreLinks, links)
	}
	return configs, nil
}

// addClientLink adds the forwarder through which buyers reach an instance.
func (c *cluster) addClientLink(n int) error {
	link, err := network.Forward("127.0.0.1:0", c.Instances[n].HTTPAddress)
	if err != nil {
		return err
	}
	c.forwarders = append(c.forwarders, link)
	c.system.ClientLinks = append(c.system.ClientLinks, link)
	c.clients = append(c.clients, client.NewTarget(c.Instances[n].Name, link.Address()))
	return nil
}

// Close stops everything that newCluster started.
func (c *cluster) Close() (err error) {
	if c.Cluster != nil {
		c.Cluster.Close()
	}
	for _, f := range c.forwarders {
		f.Close()
	}
	if c.testbed != nil {
		err = c.testbed.Close()
	}
	if c.system.Mail != nil {
		c.system.Mail.Close()
	}
	return err
}

// watchForCrashes fails the run for each instance that ends by itself, and restarts
// it, until stop is called.
func (c *cluster) watchForCrashes() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for wait.Sleep(ctx, 200*time.Millisecond) == nil {
			for n, i := range c.Instances {
				if c.system.Crashed(n) {
					c.Fail("%s ended by itself: see %s", i.Name, i.LogPath())
					_ = i.Start() // recover requires that it becomes ready
				}
			}
		}
	}()
	return func() { cancel(); <-done }
}

// recoveryTimeout bounds the recovery after the last fault: an instance that could
// not join, an open payment, the lease of a mail.
const recoveryTimeout = 90 * time.Second

// recover waits until all instances are ready, the cluster has converged, no hold or
// payment is overdue, and everybody who has to get money back or to be told is seen to.
func (c *cluster) recover(ctx context.Context) error {
	healed := time.Now()
	for _, i := range c.Instances {
		if err := i.WaitReady(recoveryTimeout); err != nil {
			return err
		}
	}
	if err := c.Admin.LogIn(c.Targets[0]); err != nil {
		return err
	}
	if _, err := c.WaitConverged(ctx); err != nil {
		return err
	}
	c.Figure("converged after the last fault", "%.1f s", time.Since(healed).Seconds())
	overdue := 0
	err := wait.Until(ctx, recoveryTimeout, "nothing to be overdue", func() bool {
		return c.DB.QueryRow(ctx, overdueSQL).Scan(&overdue) == nil && overdue == 0
	})
	if err != nil {
		c.Fail("%d holds, payments, refunds and reschedulings are overdue: %v", overdue, err)
	}
	c.Figure("nothing overdue after the last fault", "%.1f s", time.Since(healed).Seconds())
	return nil
}

const overdueSQL = `
SELECT (SELECT count(*) FROM bookings WHERE status = 'HELD' AND greatest(expires_at, paying_until) < now() - interval '1 second')
     + (SELECT count(*) FROM payments WHERE status IN ('PENDING', 'REFUND_PENDING'))
     + (SELECT count(*) FROM refunds WHERE status = 'PENDING')
     + (SELECT count(*) FROM bookings WHERE status IN ('HELD', 'CONFIRMED') AND event_id IN (SELECT event_id FROM cancellations))
     + (SELECT count(*) FROM reschedulings WHERE finished_at IS NULL)`
