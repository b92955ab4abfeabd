// Package harness runs several instances of Eventra as one cluster under load, for
// the cluster tests and the fault runner. It starts the instances on fresh stores,
// makes users and events, compares the answers with the database, and reports.
package harness

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/store"
)

// Scenario is a test with a verdict.
type Scenario struct {
	Name  string
	Title string // for the report
	// Run reports what it does and finds. An error ends and fails the scenario.
	Run func(ctx context.Context, s *Settings, r *Report) error
}

// Settings are the same for all scenarios of a run.
type Settings struct {
	Binary    string // of Eventra
	Next      string // of a build that knows one kind of message more
	Before    string // of the release before; may be empty
	Stores    store.Stores
	LogFolder string
	Seed      uint64
}

// scenarioTimeout is longer than any scenario takes, and ends a scenario that hangs.
const scenarioTimeout = 15 * time.Minute

// Perform runs the scenario.
func (s Scenario) Perform(ctx context.Context, settings *Settings, report *Report) {
	ctx, cancel := context.WithTimeoutCause(ctx, scenarioTimeout, fmt.Errorf("it takes longer than %v", scenarioTimeout))
	defer cancel()
	started := time.Now()
	defer func() { report.Took = time.Since(started) }()
	if err := s.Run(ctx, settings, report); err != nil {
		report.Fail("%v", err)
	}
}
