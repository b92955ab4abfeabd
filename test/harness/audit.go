package harness

import (
	"context"
	"os"
	"os/exec"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/ledger"
	"github.com/eventra/eventra/test/load"
)

const (
	// resolveTimeout outlasts the claim of a key whose request died with its instance.
	resolveTimeout = 30 * time.Second
	// LinesMax bounds the lines in which a scenario reports violations or failures.
	LinesMax = 10
)

// Load is a load with the holds whose outcome is unknown.
type Load interface{ Unknown() []load.UnknownHold }

// Audit compares the answers with the database, retries the holds whose outcome is
// unknown, and compares again.
func (c *Cluster) Audit(ctx context.Context, at *client.Target, loads ...Load) error {
	audit, err := c.compare(ctx)
	if err != nil {
		return err
	}
	c.Figure("bookings", "%d granted, %d refused, %d unknown of which %d were made", audit.Granted, audit.Refused, audit.Unknown, audit.Stored)
	c.Figure("violations", "%s", ledger.Count(audit.Violations))
	c.failFor(audit.Violations)

	var unknown []load.UnknownHold
	for _, l := range loads {
		unknown = append(unknown, l.Unknown()...)
	}
	if len(unknown) > 0 && len(audit.Violations) == 0 {
		if err := load.Resolve(at, unknown, resolveTimeout); err != nil {
			c.Fail("%v", err)
		}
		if audit, err = c.compare(ctx); err != nil {
			return err
		}
		c.Say("retried %d unknown holds under their keys; violations: %s", len(unknown), ledger.Count(audit.Violations))
		c.failFor(audit.Violations)
	}
	return c.Check(ctx)
}

func (c *Cluster) compare(ctx context.Context) (*ledger.Audit, error) {
	stored, err := ledger.ReadStored(ctx, c.DB, c.Ledger.Events())
	if err != nil {
		return nil, err
	}
	return c.Ledger.Audit(stored), nil
}

func (c *Cluster) failFor(violations []ledger.Violation) {
	for i, violation := range violations {
		if i == LinesMax {
			c.Say("… and %d more", len(violations)-i)
			break
		}
		c.Say("%v", violation)
	}
	if len(violations) > 0 {
		c.Fail("%s", ledger.Count(violations))
	}
}

// Check runs `eventra check` on the database, if the build has it.
func (c *Cluster) Check(ctx context.Context) error {
	if !instance.HasSubcommand(ctx, c.Settings.Binary, "check") {
		c.Say("this build has no `eventra check`")
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, c.Settings.Binary, "check")
	command.Env = append(append(os.Environ(), c.Instances[0].Environment...), c.Stores.Environment()...)
	out, err := command.CombinedOutput()
	if err != nil {
		c.Say("eventra check: %s", out)
		c.Fail("eventra check: %v", err)
		return nil
	}
	c.Say("eventra check: clean")
	return nil
}
