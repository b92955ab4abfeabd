// Command faults runs three instances of Eventra on real stores and injects faults
// by a plan made from a seed, while buyers hold, pay and release. Afterwards it
// judges whether the answers are consistent. Run it by `make faults`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/store"
)

func main() { harness.Main("faults", run) }

func run(ctx context.Context) (passed bool, err error) {
	settings := &harness.Settings{}
	minutes := flag.Float64("minutes", 3, "how many `minutes` faults are injected for each seed")
	seeds := flag.Int("seeds", 1, "how many `seeds`, from -seed on")
	flag.Uint64Var(&settings.Seed, "seed", uint64(time.Now().UnixMilli()), "the first seed, of the faults and of the buyers' intentions")
	flag.StringVar(&settings.Binary, "binary", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.LogFolder, "logs", "bin/faults-logs", "the `folder` of logs, and of pages that show violations")
	judge := flag.String("judge", "", "only judge the history in this `file`, which a run has written")
	flag.Parse()
	if *judge != "" {
		return judgeAgain(*judge)
	}

	if settings.Stores, err = store.FromEnvironment(); err != nil {
		return false, err
	}
	if err := settings.ResolvePaths(); err != nil {
		return false, err
	}
	servers, err := store.FindServers(ctx, settings.Stores)
	if err != nil {
		return false, err
	}
	defer servers.Close()

	var runs []*faultRun
	for n := range *seeds {
		if ctx.Err() != nil {
			break
		}
		f := &faultRun{seed: settings.Seed + uint64(n), duration: time.Duration(*minutes * float64(time.Minute)), servers: servers}
		f.perform(ctx, settings, os.Stdout)
		runs = append(runs, f)
	}
	fmt.Printf("\n%s", summarize(runs))
	passed = true
	for _, f := range runs {
		passed = passed && f.report.Passed()
	}
	return passed, context.Cause(ctx)
}

func judgeAgain(path string) (passed bool, err error) {
	record, err := readRecord(path)
	if err != nil {
		return false, err
	}
	report := harness.NewReport(harness.Scenario{Name: "history", Title: path}, os.Stdout)
	h := record.judge(report, filepath.Dir(path))
	return h.violated == 0, nil
}
