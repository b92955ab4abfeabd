package app

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/actors/cluster"
)

// Option changes how an [App] is wired.
type Option func(*wiring)

// wiring is what options change.
type wiring struct {
	wrapEventStore func(actors.EventStore) actors.EventStore
	loops          []Loop
}

func newWiring(options []Option) *wiring {
	w := &wiring{wrapEventStore: func(store actors.EventStore) actors.EventStore { return store }}
	for _, option := range options {
		option(w)
	}
	return w
}

// WithEventStore puts wrap around the store that events are sold from.
func WithEventStore(wrap func(actors.EventStore) actors.EventStore) Option {
	return func(w *wiring) { w.wrapEventStore = wrap }
}

// Loop runs alongside the requests until ctx ends. It knows this instance's
// member of the cluster, and may register metrics.
type Loop func(ctx context.Context, node *cluster.Node, metrics prometheus.Registerer)

// WithLoop runs one loop more.
func WithLoop(loop Loop) Option {
	return func(w *wiring) { w.loops = append(w.loops, loop) }
}
