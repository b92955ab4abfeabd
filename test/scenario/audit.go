package scenario

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
	// resolveWithin outlasts the claim of a key whose first request died with
	// its instance.
	resolveWithin = 30 * time.Second
	// faultsShown bounds what one scenario says of many faults.
	faultsShown = 10
)

// unknowns are the holds of some load whose outcome nobody was told.
type unknowns interface{ Unknown() []load.Open }

// audit compares what buyers were told with the database, asks once more for
// whatever had no answer, and compares again.
func (w *World) audit(ctx context.Context, at *client.Target, loads ...unknowns) error {
	audit, err := w.compare(ctx)
	if err != nil {
		return err
	}
	w.Figure("bookings", "%d granted, %d refused, %d without an answer of which %d were made", audit.Granted, audit.Refused, audit.Unknown, audit.Stored)
	w.Figure("faults", "%s", ledger.Count(audit.Violations))
	w.failBy(audit.Violations)

	var open []load.Open
	for _, l := range loads {
		open = append(open, l.Unknown()...)
	}
	if len(open) > 0 && len(audit.Violations) == 0 {
		if err := load.Resolve(at, open, resolveWithin); err != nil {
			w.Fail("%v", err)
		}
		if audit, err = w.compare(ctx); err != nil {
			return err
		}
		w.Say("asked again for %d, by their keys: faults %s", len(open), ledger.Count(audit.Violations))
		w.failBy(audit.Violations)
	}
	return w.check(ctx)
}

func (w *World) compare(ctx context.Context) (*ledger.Audit, error) {
	stored, err := ledger.ReadStored(ctx, w.DB, w.Ledger.Events())
	if err != nil {
		return nil, err
	}
	return w.Ledger.Audit(stored), nil
}

func (w *World) failBy(faults []ledger.Violation) {
	for i, fault := range faults {
		if i == faultsShown {
			w.Say("… and %d more", len(faults)-i)
			break
		}
		w.Say("%v", fault)
	}
	if len(faults) > 0 {
		w.Fail("%s", ledger.Count(faults))
	}
}

// check has Eventra's own check look at the database, where the binary has it.
func (w *World) check(ctx context.Context) error {
	if !instance.HasSubcommand(ctx, w.Settings.Binary, "check") {
		w.Say("this build has no `eventra check`")
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, w.Settings.Binary, "check")
	command.Env = append(append(os.Environ(), w.Instances[0].Environment...), w.Stores.Environment()...)
	out, err := command.CombinedOutput()
	if err != nil {
		w.Say("eventra check: %s", out)
		w.Fail("eventra check: %v", err)
		return nil
	}
	w.Say("eventra check: well")
	return nil
}
