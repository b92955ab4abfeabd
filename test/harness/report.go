package harness

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Report collects what a scenario does and finds, and prints it at once.
type Report struct {
	Scenario Scenario
	Took     time.Duration
	Figures  []Figure
	Failures []string

	out     io.Writer
	started time.Time
}

// Figure is a result for the summary.
type Figure struct{ Name, Value string }

// NewReport starts a report that is printed to out.
func NewReport(s Scenario, out io.Writer) *Report {
	fmt.Fprintf(out, "\n══ %s: %s\n", s.Name, s.Title)
	return &Report{Scenario: s, out: out, started: time.Now()}
}

// Started returns when the report was started.
func (r *Report) Started() time.Time { return r.started }

// Say prints a line with the time since the start.
func (r *Report) Say(format string, args ...any) {
	fmt.Fprintf(r.out, "%7.2f  %s\n", time.Since(r.started).Seconds(), fmt.Sprintf(format, args...))
}

// Figure adds a result to the summary.
func (r *Report) Figure(name, format string, args ...any) {
	value := fmt.Sprintf(format, args...)
	r.Figures = append(r.Figures, Figure{name, value})
	r.Say("%s: %s", name, value)
}

// Fail fails the scenario for a reason.
func (r *Report) Fail(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	r.Failures = append(r.Failures, reason)
	r.Say("FAIL: %s", reason)
}

// Within fails the scenario if something took longer than its limit.
func (r *Report) Within(name string, took, limit time.Duration) {
	r.Figure(name, "%.2f s (at most %.0f s)", took.Seconds(), limit.Seconds())
	if took > limit {
		r.Fail("%s: %.2f s, at most %.0f s", name, took.Seconds(), limit.Seconds())
	}
}

// Passed reports whether nothing failed.
func (r *Report) Passed() bool { return len(r.Failures) == 0 }

// Verdict prints whether the scenario passed.
func (r *Report) Verdict() {
	if r.Passed() {
		r.Say("PASS")
		return
	}
	r.Say("FAIL, %d reasons", len(r.Failures))
}

// Table summarises reports as a Markdown table.
func Table(reports []*Report) string {
	var b strings.Builder
	b.WriteString("| scenario | figures | verdict |\n|---|---|---|\n")
	for _, r := range reports {
		verdict := "PASS"
		if !r.Passed() {
			verdict = "**FAIL**: " + strings.Join(r.Failures, "; ")
		}
		figures := make([]string, len(r.Figures))
		for i, f := range r.Figures {
			figures[i] = f.Name + ": " + f.Value
		}
		fmt.Fprintf(&b, "| **%s**, %s | %s | %s (%.0f s) |\n", r.Scenario.Name, r.Scenario.Title,
			Cell(strings.Join(figures, "; ")), Cell(verdict), r.Took.Seconds())
	}
	return b.String()
}

// Cell escapes a text for a cell of a Markdown table.
func Cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}
