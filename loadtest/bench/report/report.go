// Package report writes the results of a bench into a folder: a table, a chart, and all
// figures with the machine and the settings they are of.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Report is the results of a bench.
type Report struct {
	Time     time.Time      `json:"time"`
	Machine  Machine        `json:"machine"`
	Commit   string         `json:"commit"`
	Settings map[string]any `json:"settings"`
	Rates    []Rate         `json:"rates"`
	Ratios   []Ratio        `json:"ratios"`
	Failures []string       `json:"failures"`
}

// Machine is where the bench ran.
type Machine struct {
	CPUs     int    `json:"cpus"`
	CPU      string `json:"cpu"`
	Kernel   string `json:"kernel"`
	Go       string `json:"go"`
	Postgres string `json:"postgres"`
	Redis    string `json:"redis"`
}

// Rate is the medians of the runs of a variant.
type Rate struct {
	Scenario  string  `json:"scenario"`
	Title     string  `json:"title"`
	Variant   string  `json:"variant"`
	What      string  `json:"what"` // is counted
	PerSecond float64 `json:"perSecond"`
	P50Millis float64 `json:"p50Millis"`
	P99Millis float64 `json:"p99Millis"`
	MaxMillis float64 `json:"maxMillis"`
	Runs      int     `json:"runs"`
}

// Ratio compares two variants by the ratios of paired runs.
type Ratio struct {
	Scenario string    `json:"scenario"`
	Title    string    `json:"title"`
	Over     string    `json:"over"`
	Under    string    `json:"under"`
	Median   float64   `json:"median"`
	Runs     []float64 `json:"runs"`
}

// New describes this machine and commit.
func New(settings map[string]any) *Report {
	return &Report{Time: time.Now().UTC().Truncate(time.Second), Settings: settings, Commit: output("git", "describe", "--always", "--dirty"),
		Machine: Machine{CPUs: runtime.NumCPU(), CPU: cpuModel(), Kernel: output("uname", "-sr"), Go: runtime.Version(),
			Postgres: output("psql", "--version"), Redis: output("redis-server", "--version")}}
}

// output returns the first line that a program prints, "" if it fails.
func output(program string, arguments ...string) string {
	out, err := exec.Command(program, arguments...).Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

func cpuModel() string {
	content, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(content)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Write writes results.md, results.json and chart.svg into a folder.
func (r *Report) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	figures, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"results.json": append(figures, '\n'), "results.md": []byte(r.Markdown()), "chart.svg": []byte(Chart(r.Ratios))} {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, name), content, 0o644))
	}
	return err
}

// Markdown returns the tables.
func (r *Report) Markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Bench, %s\n\nCommit %s; %d CPUs (%s), %s, %s, %s, %s.\n\n![Ratios](chart.svg)\n",
		r.Time.Format(time.DateTime), r.Commit, r.Machine.CPUs, r.Machine.CPU, r.Machine.Kernel, r.Machine.Go, r.Machine.Postgres, r.Machine.Redis)
	out.WriteString("\n| scenario | | ratio | runs |\n|---|---|---|---|\n")
	for _, x := range r.Ratios {
		fmt.Fprintf(&out, "| %s | %s: %s / %s | **%.2f** | %.2f |\n", cell(x.Scenario), cell(x.Title), cell(x.Over), cell(x.Under), x.Median, x.Runs)
	}
	out.WriteString("\n| scenario | | a second | p50 ms | p99 ms | max ms | runs |\n|---|---|---|---|---|---|---|\n")
	for _, x := range r.Rates {
		fmt.Fprintf(&out, "| %s | %s: %s | %.0f %s | %.1f | %.1f | %.1f | %d |\n",
			cell(x.Scenario), cell(x.Title), cell(x.Variant), x.PerSecond, x.What, x.P50Millis, x.P99Millis, x.MaxMillis, x.Runs)
	}
	for _, failure := range r.Failures {
		fmt.Fprintf(&out, "\nFAILED: %s\n", cell(failure))
	}
	return out.String()
}

// cell makes a text fit into a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}
