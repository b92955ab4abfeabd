package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string // empty for the package as a whole
	Elapsed    float64
	Output     string
}

// report collects the events of a test run.
type report struct {
	out      io.Writer
	output   map[test]*strings.Builder
	packages int
	passed   int
	failed   []test
	skipped  []test
}

type test struct{ Package, Name string }

func (t test) String() string {
	if t.Name == "" {
		return t.Package
	}
	return t.Package + " " + t.Name
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[test]*strings.Builder{}}
}

func (r *report) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(r.out, "%s", line) // output that is not of a test
			} else {
				r.add(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the events of go test: %w", err)
		}
	}
}

func (r *report) add(e event) {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.keep(t, e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.failed = append(r.failed, test{Package: e.ImportPath})
	case "pass", "fail", "skip":
		if e.Test != "" {
			r.endTest(t, e.Action)
		} else {
			r.endPackage(t, e)
		}
		delete(r.output, t)
	}
}

func (r *report) keep(t test, output string) {
	if r.output[t] == nil {
		r.output[t] = &strings.Builder{}
	}
	r.output[t].WriteString(output)
}

func (r *report) endTest(t test, action string) {
	switch action {
	case "pass":
		r.passed++
		return
	case "fail":
		r.failed = append(r.failed, t)
	case "skip":
		r.skipped = append(r.skipped, t)
	}
	r.print(t)
}

// endPackage prints the output of a failed package outside tests, such as its shuffle seed or a data race.
func (r *report) endPackage(t test, e event) {
	took := time.Duration(e.Elapsed * float64(time.Second)).Round(time.Millisecond)
	switch e.Action {
	case "pass":
		r.packages++
		fmt.Fprintf(r.out, "ok    %s  %v\n", t.Package, took)
	case "fail":
		r.failed = append(r.failed, t)
		r.print(t)
		r.printUnfinished(t.Package)
		fmt.Fprintf(r.out, "FAIL  %s  %v\n", t.Package, took)
	}
}

// printUnfinished prints the output of the tests that a panic or a timeout ended.
func (r *report) printUnfinished(name string) {
	var unfinished []test
	for t := range r.output {
		if t.Package == name && t.Name != "" {
			unfinished = append(unfinished, t)
		}
	}
	slices.SortFunc(unfinished, func(a, b test) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range unfinished {
		r.print(t)
		delete(r.output, t)
	}
}

// print prints a test's output without the lines that report its start, pauses and continuations.
func (r *report) print(t test) {
	output := r.output[t]
	if output == nil {
		return
	}
	for line := range strings.Lines(output.String()) {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(r.out, line)
		}
	}
}

// sum prints the summary and reports whether everything passed.
func (r *report) sum() bool {
	fmt.Fprintf(r.out, "\n%d tests in %d packages passed, %d failed, %d skipped\n",
		r.passed, r.packages, len(r.failed), len(r.skipped))
	r.printList("failed", r.failed)
	r.printList("skipped, which counts as failed", r.skipped)
	if r.passed == 0 {
		fmt.Fprintln(r.out, "no test ran")
	}
	return len(r.failed)+len(r.skipped) == 0 && r.passed > 0
}

func (r *report) printList(what string, tests []test) {
	for _, t := range tests {
		fmt.Fprintf(r.out, "  %s: %v\n", what, t)
	}
}
