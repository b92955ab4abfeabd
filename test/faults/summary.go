package main

import (
	"fmt"
	"strings"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/fault"
	"github.com/eventra/eventra/test/harness"
)

// summarize returns Markdown tables of several runs: each run's violations, the
// operations by kind and outcome, and the faults by kind.
func summarize(runs []*faultRun) string {
	var b strings.Builder
	b.WriteString("| seed | operations | faults | parts of histories | not decided | violations |\n|---|---|---|---|---|---|\n")
	var all faultRun
	violations := 0
	for _, f := range runs {
		verdict := "none"
		if !f.report.Passed() {
			verdict = "**" + strings.Join(f.report.Failures, "; ") + "**"
			violations += len(f.report.Failures)
		}
		fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %s |\n", f.seed, len(f.operations), len(f.faults), f.histories.parts, f.histories.undecided, harness.Cell(verdict))
		all.operations = append(all.operations, f.operations...)
		all.faults = append(all.faults, f.faults...)
		all.histories.parts += f.histories.parts
		all.histories.undecided += f.histories.undecided
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d | %d | %d |\n\n", len(all.operations), len(all.faults), all.histories.parts, all.histories.undecided, violations)
	all.summarizeOperations(&b)
	all.summarizeFaults(&b)
	return b.String()
}

func (f *faultRun) summarizeOperations(b *strings.Builder) {
	b.WriteString("| operation | | outcomes |\n|---|---|---|\n")
	for _, kind := range []client.Kind{client.Hold, client.Best, client.Release, client.Pay, client.RefundPart, client.RefundRest, client.Read, client.Map,
		client.Block, client.Unblock, client.Remove, client.Reprice, client.Reschedule, client.Cancel} {
		ops := f.operations.Of(kind)
		fmt.Fprintf(b, "| %s | %d | %s |\n", kind, len(ops), ops.Tally())
	}
	b.WriteString("\n")
}

func (f *faultRun) summarizeFaults(b *strings.Builder) {
	b.WriteString("| fault | times |\n|---|---|\n")
	for _, kind := range fault.Kinds {
		times := 0
		for i := range f.faults {
			if f.faults[i].Name == kind.Name {
				times++
			}
		}
		fmt.Fprintf(b, "| %s: %s | %d |\n", kind.Name, kind.Title, times)
	}
}
