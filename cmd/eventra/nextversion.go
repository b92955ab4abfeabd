//go:build nextversion

package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra/actors/cluster"
)

// A build with this file stands for the next release in tests of a cluster of
// two: it keeps asking the other members' events what they cannot know.
func init() {
	buildLoops = func(a *App, metrics prometheus.Registerer) []func(context.Context) {
		asked := prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "eventra_next_kind_total", Help: "Questions of a kind that only this release knows, by outcome."}, []string{"outcome"})
		metrics.MustRegister(asked)
		return []func(context.Context){func(ctx context.Context) { a.askNextKinds(ctx, asked) }}
	}
}

const nextKindPause, nextKindTimeout = 200 * time.Millisecond, 2 * time.Second

func (a *App) askNextKinds(ctx context.Context, outcomes *prometheus.CounterVec) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(nextKindPause):
		}
		all, err := a.events.Describe(ctx)
		if err != nil {
			continue
		}
		for _, member := range all.Members {
			for _, event := range member.Events {
				asked, err := a.events.AskNextKind(ctx, event.EventID, nextKindTimeout)
				if asked {
					outcomes.WithLabelValues(nextKindOutcome(err)).Inc()
				}
			}
		}
	}
}

func nextKindOutcome(err error) string {
	switch {
	case err == nil:
		return "answered"
	case errors.Is(err, cluster.ErrUnsupported):
		return "unsupported"
	case errors.Is(err, cluster.ErrMoved):
		return "moved"
	case errors.Is(err, cluster.ErrTimeout):
		return "timeout"
	}
	return "failed"
}
