// Command testgate runs `go test` with the given arguments and is stricter: a skipped test is a failure, and so is a run
// without tests. It prints the output of failed tests, one line for each package, and a summary.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	// Ctrl-C reaches `go test` as well. This program ends after it.
	signal.Ignore(os.Interrupt)

	passed, err := run(append([]string{"test", "-json"}, os.Args[1:]...))
	if err != nil {
		fmt.Fprintln(os.Stderr, "testgate:", err)
	}
	if !passed || err != nil {
		os.Exit(1)
	}
}

func run(args []string) (passed bool, err error) {
	command := exec.Command("go", args...)
	command.Stderr = os.Stderr
	events, err := command.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := command.Start(); err != nil {
		return false, err
	}
	report := newReport(os.Stdout)
	readErr := report.read(events)
	if err := command.Wait(); err != nil && len(report.failed) == 0 {
		return false, err // not a failed test: a wrong flag, for instance
	}
	return report.sum(), readErr
}
