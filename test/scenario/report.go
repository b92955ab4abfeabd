package scenario

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Report gathers what a scenario did and found.
type Report struct {
	Scenario Scenario
	Took     time.Duration
	Figures  []Figure
	Failures []string

	out     io.Writer
	started time.Time
}

// Figure is one result for the summary.
type Figure struct{ Name, Value string }

// NewReport starts a report that is also written down as it grows.
func NewReport(s Scenario, out io.Writer) *Report {
	fmt.Fprintf(out, "\n══ %s: %s\n", s.Name, s.Title)
	return &Report{Scenario: s, out: out, started: time.Now()}
}

// Say tells what happens.
func (r *Report) Say(format string, args ...any) {
	fmt.Fprintf(r.out, "%7.2f  %s\n", time.Since(r.started).Seconds(), fmt.Sprintf(format, args...))
}

// Figure notes a result.
func (r *Report) Figure(name, format string, args ...any) {
	value := fmt.Sprintf(format, args...)
	r.Figures = append(r.Figures, Figure{name, value})
	r.Say("%s: %s", name, value)
}

// Fail notes why the scenario is not passed.
func (r *Report) Fail(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	r.Failures = append(r.Failures, reason)
	r.Say("FAIL: %s", reason)
}

// Within requires that something took no longer than it may.
func (r *Report) Within(name string, took, limit time.Duration) {
	r.Figure(name, "%.2f s (at most %.0f s)", took.Seconds(), limit.Seconds())
	if took > limit {
		r.Fail("%s: %.2f s, at most %.0f s", name, took.Seconds(), limit.Seconds())
	}
}

// Passed reports whether nothing failed.
func (r *Report) Passed() bool { return len(r.Failures) == 0 }

// Verdict closes the report.
func (r *Report) Verdict() {
	if r.Passed() {
		r.Say("PASS")
		return
	}
	r.Say("FAIL, %d reasons", len(r.Failures))
}

// Table sums reports up in Markdown.
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
			cell(strings.Join(figures, "; ")), cell(verdict), r.Took.Seconds())
	}
	return b.String()
}

// cell keeps a text from ending its cell of the table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}
