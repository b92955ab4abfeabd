// Command faults runs three instances of Eventra on real stores and takes
// everything away from them in turn, by a plan that a seed makes, while buyers
// hold, pay and give back. Then it asks whether what they were told can be
// true. Run it through `make faults`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
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
		fmt.Fprintln(os.Stderr, "faults:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

func run(ctx context.Context) (passed bool, err error) {
	settings := &scenario.Settings{}
	minutes := flag.Float64("minutes", 3, "how many `minutes` the faults of one seed go on")
	seeds := flag.Int("seeds", 1, "how many `seeds` in a row, from -seed on")
	flag.Uint64Var(&settings.Seed, "seed", uint64(time.Now().UnixMilli()), "of the faults and of what buyers do")
	flag.StringVar(&settings.Binary, "binary", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.LogFolder, "logs", "bin/faults-logs", "keep logs, and pages of what is violated, in this `folder`")
	judge := flag.String("judge", "", "only judge a history that a run has kept in this `file`")
	flag.Parse()
	if *judge != "" {
		return judgeAgain(*judge)
	}

	if settings.Stores, err = store.FromEnvironment(); err != nil {
		return false, err
	}
	for _, path := range []*string{&settings.Binary, &settings.LogFolder} {
		if *path, err = filepath.Abs(*path); err != nil {
			return false, err
		}
	}
	if err := os.MkdirAll(settings.LogFolder, 0o755); err != nil {
		return false, err
	}
	servers, err := store.FindServers(ctx, settings.Stores)
	if err != nil {
		return false, err
	}
	defer servers.Close()

	var runs []*scenario.FaultRun
	for n := range *seeds {
		if ctx.Err() != nil {
			break
		}
		f := &scenario.FaultRun{Seed: settings.Seed + uint64(n), For: time.Duration(*minutes * float64(time.Minute)), Servers: servers}
		f.Perform(ctx, settings, os.Stdout)
		runs = append(runs, f)
	}
	fmt.Printf("\n%s", scenario.Sum(runs))
	passed = true
	for _, f := range runs {
		passed = passed && f.Report.Passed()
	}
	return passed, context.Cause(ctx)
}

func judgeAgain(path string) (passed bool, err error) {
	record, err := scenario.ReadRecord(path)
	if err != nil {
		return false, err
	}
	report := scenario.NewReport(scenario.Scenario{Name: "history", Title: path}, os.Stdout)
	h := record.Judge(report, filepath.Dir(path))
	return h.Violated == 0, nil
}
