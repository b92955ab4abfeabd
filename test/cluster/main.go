// Command clustertest proves that several instances of Eventra are one: it runs
// them as processes of their own on real stores, takes them and the stores
// away in turn, and compares what buyers were told with the database. Run it
// through `make test-cluster`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/eventra/eventra/test/scenario"
	"github.com/eventra/eventra/test/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	passed, err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "clustertest:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

func run(ctx context.Context) (passed bool, err error) {
	settings := &scenario.Settings{}
	only := flag.String("run", ".", "run the scenarios whose names match this `regexp`")
	repeat := flag.Int("repeat", 1, "run each of them so many `times`")
	list := flag.Bool("list", false, "list the scenarios, and do nothing")
	flag.StringVar(&settings.Binary, "binary", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.Next, "next", "bin/eventra-next", "a `program` of a later version, which knows one kind of message more")
	flag.StringVar(&settings.LogFolder, "logs", "bin/clustertest-logs", "keep the instances' logs in this `folder`")
	flag.Uint64Var(&settings.Seed, "seed", uint64(time.Now().UnixNano()), "of what buyers do")
	flag.Parse()

	if *list {
		for _, s := range scenario.All {
			fmt.Printf("%-16s %s\n", s.Name, s.Title)
		}
		return true, nil
	}
	matching, err := regexp.Compile(*only)
	if err != nil {
		return false, err
	}
	if settings.Stores, err = store.FromEnvironment(); err != nil {
		return false, err
	}
	for _, path := range []*string{&settings.Binary, &settings.Next, &settings.LogFolder} {
		if *path, err = filepath.Abs(*path); err != nil {
			return false, err
		}
	}
	if err := os.MkdirAll(settings.LogFolder, 0o755); err != nil {
		return false, err
	}
	fmt.Printf("seed %d, logs in %s\n", settings.Seed, settings.LogFolder)
	return performAll(ctx, settings, matching, *repeat)
}

func performAll(ctx context.Context, settings *scenario.Settings, matching *regexp.Regexp, repeat int) (passed bool, err error) {
	var reports []*scenario.Report
	passed = true
	for _, s := range scenario.All {
		for n := 0; n < repeat && matching.MatchString(s.Name) && ctx.Err() == nil; n++ {
			report := scenario.NewReport(s, os.Stdout)
			s.Perform(ctx, settings, report)
			report.Verdict()
			reports = append(reports, report)
			passed = passed && report.Passed()
		}
	}
	if len(reports) == 0 {
		return false, errors.New("no scenario has such a name; -list names them")
	}
	fmt.Printf("\n%s", scenario.Table(reports))
	return passed, context.Cause(ctx)
}
