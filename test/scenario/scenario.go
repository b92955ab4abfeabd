// Package scenario holds what the cluster has to go through, one file each.
package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/store"
)

// Scenario is one story with a verdict.
type Scenario struct {
	Name  string // for -run
	Title string // for the summary
	// Run tells what it does and finds to the report; an error ends it, and
	// fails it.
	Run func(ctx context.Context, s *Settings, r *Report) error
}

// Settings are the same for all scenarios of a run.
type Settings struct {
	Binary    string // of Eventra
	Next      string // of its build that knows one kind of message more
	Stores    store.Stores
	LogFolder string
	Seed      uint64
}

// All are the scenarios, in the order in which they are run.
var All = []Scenario{
	ownership, killOwner, rollingRestart, frozenOwner, postgresAway, partition, distance, versions,
}

// bound is longer than any scenario takes; whatever hangs is ended by it.
const bound = 15 * time.Minute

// Perform runs a scenario.
func (s Scenario) Perform(ctx context.Context, settings *Settings, report *Report) {
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("it takes longer than %v", bound))
	defer cancel()
	started := time.Now()
	defer func() { report.Took = time.Since(started) }()
	if err := s.Run(ctx, settings, report); err != nil {
		report.Fail("%v", err)
	}
}

// pause waits, unless the scenario is ended.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// until waits for a condition.
func until(ctx context.Context, within time.Duration, what string, holds func() bool) error {
	for deadline := time.Now().Add(within); !holds(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v: %s", within, what)
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
