package main

import (
	"context"

	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/store"
)

// scenarios are all scenarios, in the order in which they run.
var scenarios = []harness.Scenario{
	ownership, killOwner, rollingRestart, frozenOwner, postgresAway, partition, distance, customerLimit, floor, versions,
}

// cluster is a cluster with what the scenarios do to it.
type cluster struct{ *harness.Cluster }

func newCluster(ctx context.Context, s *harness.Settings, r *harness.Report, n int) (*cluster, error) {
	c, err := harness.New(ctx, s, r, n)
	return &cluster{c}, err
}

func newClusterWith(ctx context.Context, s *harness.Settings, r *harness.Report, stores store.Stores, configs []harness.InstanceConfig) (*cluster, error) {
	c, err := harness.NewWith(ctx, s, r, stores, configs)
	return &cluster{c}, err
}
