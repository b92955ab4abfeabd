package scenario

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/fault"
)

// Perform runs it, and tells of it as it goes.
func (f *FaultRun) Perform(ctx context.Context, settings *Settings, out io.Writer) {
	s := f.Scenario()
	f.Report = NewReport(s, out)
	s.Perform(ctx, settings, f.Report)
	f.Report.Verdict()
}

// Sum is the report of some runs: operations by kind and outcome, faults by
// kind, and each run's violations.
func Sum(runs []*FaultRun) string {
	var b strings.Builder
	b.WriteString("| seed | operations | faults | parts of histories | not decided | violations |\n|---|---|---|---|---|---|\n")
	var all FaultRun
	violations := 0
	for _, f := range runs {
		verdict := "none"
		if !f.Report.Passed() {
			verdict = "**" + strings.Join(f.Report.Failures, "; ") + "**"
			violations += len(f.Report.Failures)
		}
		fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %s |\n", f.Seed, len(f.Operations), len(f.Faults), f.Histories.Parts, f.Histories.Undecided, cell(verdict))
		all.Operations = append(all.Operations, f.Operations...)
		all.Faults = append(all.Faults, f.Faults...)
		all.Histories.Parts += f.Histories.Parts
		all.Histories.Undecided += f.Histories.Undecided
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d | %d | %d |\n\n", len(all.Operations), len(all.Faults), all.Histories.Parts, all.Histories.Undecided, violations)
	all.sumOperations(&b)
	all.sumFaults(&b)
	return b.String()
}

func (f *FaultRun) sumOperations(b *strings.Builder) {
	b.WriteString("| operation | | outcomes |\n|---|---|---|\n")
	for _, kind := range []client.Kind{client.Hold, client.Best, client.Release, client.Pay, client.Read, client.Map} {
		ops := f.Operations.Of(kind)
		fmt.Fprintf(b, "| %s | %d | %s |\n", kind, len(ops), ops.Tally())
	}
	b.WriteString("\n")
}

func (f *FaultRun) sumFaults(b *strings.Builder) {
	b.WriteString("| fault | times |\n|---|---|\n")
	for _, kind := range fault.Kinds {
		times := 0
		for i := range f.Faults {
			if f.Faults[i].Name == kind.Name {
				times++
			}
		}
		fmt.Fprintf(b, "| %s: %s | %d |\n", kind.Name, kind.Title, times)
	}
}
