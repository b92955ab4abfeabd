// Command drills plays nights that operators fear: the primary database dies, its disk is full, somebody locks the row
// of a hot event, and the like. Each drill compares the answers with the database, and has a page in docs/runbooks. Run it
// by `make drill`.
package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/harness"
)

func main() { harness.Main("drills", run) }

var scenarios = []harness.Scenario{
	failover, foreignLock.scenario(), terminated.scenario(), exhausted.scenario(), readOnly.scenario(), pgbouncer,
	diskFull.scenario(), logDiskFull.scenario(), redisFailover, smtpHangs,
}

func run(ctx context.Context) (passed bool, err error) {
	settings := &harness.Settings{}
	only := flag.String("run", ".", "run the drills whose names match this `regexp`")
	repeat := flag.Int("repeat", 1, "run each drill so many `times`")
	list := flag.Bool("list", false, "list the drills and exit")
	flag.StringVar(&settings.Binary, "binary", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.LogFolder, "logs", "bin/drills-logs", "the `folder` of the instances' logs")
	flag.Uint64Var(&settings.Seed, "seed", uint64(time.Now().UnixNano()), "of the buyers' intentions")
	flag.Parse()
	if *list {
		for _, s := range scenarios {
			fmt.Printf("%-16s %s\n", s.Name, s.Title)
		}
		return true, nil
	}
	return harness.PerformAll(ctx, settings, scenarios, *only, *repeat)
}
