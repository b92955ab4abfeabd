// Command observability sells seats on two instances that Prometheus scrapes, and fails if a
// query of the dashboards or of the rules in deploy/observability finds no data. Run it by
// `make check-observability`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

func main() { harness.Main("observability", run) }

const (
	instances = 2
	// patience is how long the queries have to find data.
	patience = 40 * time.Second
	// look is the pause between two rounds of queries.
	look = time.Second
)

func run(ctx context.Context) (passed bool, err error) {
	settings := &harness.Settings{}
	folder := flag.String("rules", "deploy/observability", "the `folder` of the rules and dashboards")
	flag.StringVar(&settings.Binary, "binary", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.LogFolder, "logs", "bin/observability-logs", "the `folder` of logs")
	flag.Parse()
	if settings.Stores, err = store.FromEnvironment(); err != nil {
		return false, err
	}
	if err := settings.ResolvePaths(); err != nil {
		return false, err
	}
	cluster, err := harness.New(ctx, settings, harness.NewReport(harness.Scenario{Name: "observability"}, io.Discard), instances)
	if err != nil {
		return false, err
	}
	defer cluster.Close()
	server, err := startPrometheus(ctx, *folder, settings.LogFolder, cluster)
	if err != nil {
		return false, err
	}
	defer server.stop()
	selling, end := context.WithCancel(ctx)
	sold := make(chan error, 1)
	go func() { sold <- sell(selling, cluster) }()
	err = tryAll(ctx, *folder, server)
	end()
	return err == nil, errors.Join(err, <-sold)
}

// tryAll repeats the queries that found nothing until all have found something.
func tryAll(ctx context.Context, folder string, server *prometheus) error {
	queries, err := readDashboards(folder)
	if err != nil {
		return err
	}
	var recorded []query
	if err := wait.Until(ctx, patience, "the rules", func() bool {
		recorded, err = server.rules()
		return err == nil && len(recorded) > 0
	}); err != nil {
		return errors.Join(err, server.explain())
	}
	queries = append(queries, recorded...)
	began, missing := time.Now(), queries
	for time.Since(began) < patience && len(missing) > 0 {
		if err := wait.Sleep(ctx, look); err != nil {
			return err
		}
		missing = server.withoutData(missing)
	}
	for _, q := range missing {
		fmt.Printf("no data: %s: %s\n", q.of, q.expr)
	}
	fmt.Printf("%d of %d queries have found data after %v of a sale\n", len(queries)-len(missing), len(queries), time.Since(began).Round(time.Second))
	if len(missing) > 0 {
		return errors.New("some panels or rules show nothing")
	}
	return nil
}
