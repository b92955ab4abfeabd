package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/eventra/eventra/test/store"
)

// Main runs a program until it has ended or is interrupted, and exits with 1 if it has
// failed or could not go on.
func Main(name string, run func(context.Context) (passed bool, err error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	passed, err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

// ResolvePaths makes the settings' files and folders absolute, and makes the folder of logs.
func (s *Settings) ResolvePaths() (err error) {
	for _, path := range []*string{&s.Binary, &s.Next, &s.Before, &s.LogFolder} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	return os.MkdirAll(s.LogFolder, 0o755)
}

// PerformAll performs the scenarios whose names match an expression, each so many times, on the
// stores of the environment.
func PerformAll(ctx context.Context, settings *Settings, scenarios []Scenario, only string, repeat int) (passed bool, err error) {
	matching, err := regexp.Compile(only)
	if err != nil {
		return false, err
	}
	if settings.Stores, err = store.FromEnvironment(); err != nil {
		return false, err
	}
	if err := settings.ResolvePaths(); err != nil {
		return false, err
	}
	fmt.Printf("seed %d, logs in %s\n", settings.Seed, settings.LogFolder)
	var reports []*Report
	passed = true
	for _, s := range scenarios {
		for n := 0; n < repeat && matching.MatchString(s.Name) && ctx.Err() == nil; n++ {
			report := NewReport(s, os.Stdout)
			s.Perform(ctx, settings, report)
			report.Verdict()
			reports = append(reports, report)
			passed = passed && report.Passed()
		}
	}
	if len(reports) == 0 {
		return false, errors.New("no scenario matches -run; -list lists them")
	}
	fmt.Printf("\n%s", Table(reports))
	return passed, context.Cause(ctx)
}
