// Command clustertest tests that several instances of Eventra act as one: it runs
// them as separate processes on real stores, takes instances and stores away in
// turn, and compares the answers with the database. Run it by `make test-cluster`.
package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/harness"
)

func main() { harness.Main("clustertest", run) }

func run(ctx context.Context) (passed bool, err error) {
	settings := &harness.Settings{}
	only := flag.String("run", ".", "run the scenarios whose names match this `regexp`")
	repeat := flag.Int("repeat", 1, "run each scenario so many `times`")
	list := flag.Bool("list", false, "list the scenarios and exit")
	flag.StringVar(&settings.Binary, "binary", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.Next, "next", "bin/eventra-next", "a `program` of a later version, which knows one kind of message more")
	flag.StringVar(&settings.Before, "before", "", "a `program` of the release before, for the scenario upgrade")
	flag.StringVar(&settings.LogFolder, "logs", "bin/clustertest-logs", "the `folder` of the instances' logs")
	flag.Uint64Var(&settings.Seed, "seed", uint64(time.Now().UnixNano()), "of the buyers' intentions")
	flag.Parse()

	if settings.Before != "" {
		scenarios = append(scenarios, upgrade)
	}
	if *list {
		for _, s := range scenarios {
			fmt.Printf("%-16s %s\n", s.Name, s.Title)
		}
		return true, nil
	}
	return harness.PerformAll(ctx, settings, scenarios, *only, *repeat)
}
