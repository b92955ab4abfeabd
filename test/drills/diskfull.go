package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/smalldisk"
	"github.com/eventra/eventra/test/wait"
)

var (
	diskFull = diskDrill{
		name: "disk-full", title: "the disk of PostgreSQL is full for 10 s: nothing acknowledged is lost, and sales go on when there is room",
	}
	logDiskFull = diskDrill{
		name: "log-disk-full", title: "the disk of PostgreSQL's log is full: PostgreSQL ends, and is started when there is room", logAlone: true,
	}
)

// diskDrill fills a disk of PostgreSQL in a rush.
type diskDrill struct {
	name, title string
	logAlone    bool
}

const (
	diskMegabytes = 384
	diskFullFor   = 10 * time.Second
	// fullTimeout is how long PostgreSQL may find room in the files that it has.
	fullTimeout = 2 * time.Minute
)

func (d diskDrill) scenario() harness.Scenario {
	return harness.Scenario{Name: d.name, Title: d.title, Run: d.run}
}

func (d diskDrill) run(ctx context.Context, s *harness.Settings, r *harness.Report) (err error) {
	// Without segments of the log to use again, as after a night of little traffic.
	server, err := smalldisk.Start(ctx, smalldisk.Config{Megabytes: diskMegabytes, LogAlone: d.logAlone,
		Settings: []string{"max_wal_size = 64MB", "wal_recycle = off"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	settings := *s
	settings.Stores.PostgresURL = server.URL("postgres")
	c, err := harness.New(ctx, &settings, r, 2)
	if err != nil {
		return err
	}
	return sellDuring(ctx, c, func(*rush) error { return d.fill(ctx, c, server) })
}

// fill fills the disk, and makes room again.
func (d diskDrill) fill(ctx context.Context, c *harness.Cluster, server *smalldisk.Server) error {
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return err
	}
	free, err := server.Fill()
	if err != nil {
		return err
	}
	defer func() { _ = free() }() // in any case
	filled := time.Now()
	c.Say("the disk is full")
	if err := waitReadiness(ctx, c, 503, fullTimeout); err != nil {
		return err
	}
	c.Figure("/readyz 503 everywhere", "%.1f s after the disk was full", time.Since(filled).Seconds())
	if err := wait.Sleep(ctx, diskFullFor); err != nil {
		return err
	}
	if err := free(); err != nil {
		return err
	}
	room := time.Now()
	if err := d.sellAgain(ctx, c, server, room); err != nil {
		return err
	}
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return err
	}
	during := c.Operations().Between(filled, room)
	c.Figure("while it was full", "%s; slowest answer %.1f s", during.Tally(), during.Slowest().Seconds())
	if len(during.Where(func(o *client.Operation) bool { return o.Status == 503 })) == 0 {
		c.Fail("no request was answered 503")
	}
	c.SayFailures(c.Operations(), filled)
	return nil
}

// sellAgain waits until the database and the instances serve again. An administrator starts a database that has ended.
func (d diskDrill) sellAgain(ctx context.Context, c *harness.Cluster, server *smalldisk.Server, room time.Time) error {
	refused, err := server.Logged("No space left on device")
	if err != nil {
		return err
	}
	panics, err := server.Logged("PANIC:")
	if err != nil {
		return err
	}
	c.Figure("PostgreSQL", "%d times no space, %d times PANIC; it had ended: %t", len(refused), len(panics), server.Ended())
	for _, line := range panics {
		c.Say("   %s", line)
	}
	if d.logAlone && len(panics) == 0 {
		c.Fail("PostgreSQL did not notice that its log has no room")
	}
	if err := server.WaitServing(ctx); err != nil {
		return err
	}
	back := time.Now()
	c.Figure("PostgreSQL accepts connections after the room", "%.2f s", back.Sub(room).Seconds())
	gap, err := firstHold(ctx, c, back)
	if err != nil {
		return err
	}
	c.Within("first hold after that", gap, failoverMax)
	if err := waitReadiness(ctx, c, 200, failoverMax); err != nil {
		c.Fail("%v", err)
	}
	return nil
}

// waitReadiness waits until all instances answer /readyz with a status.
func waitReadiness(ctx context.Context, c *harness.Cluster, status int, timeout time.Duration) error {
	return wait.Until(ctx, timeout, fmt.Sprintf("/readyz of all instances to be %d", status), func() bool {
		return !slices.ContainsFunc(c.Instances, func(i *instance.Instance) bool { return i.Readiness(time.Second) != status })
	})
}
