package app

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

const (
	// hotEventsMax bounds the events of an instance that metrics name, and so their series.
	hotEventsMax = 5
	// hotEventsPause is the time between looks at which events those are.
	hotEventsPause = 5 * time.Second
)

// hotEvents shows those events of this instance that change most: what is sold and held.
type hotEvents struct {
	active func() []eventra.ActiveEvent

	mu      sync.Mutex
	changes map[eventra.ID]int64   // at the last look
	heat    map[eventra.ID]float64 // changes since then; earlier ones count half as much with each look
	hot     []eventra.ID
}

var hotEventDesc = prometheus.NewDesc("eventra_hot_event_tickets", "Seats and places of the busiest events of this instance, by state.",
	[]string{"event", "state"}, nil)

func newHotEvents(active func() []eventra.ActiveEvent) *hotEvents { return &hotEvents{active: active} }

// run looks again and again, until ctx ends.
func (h *hotEvents) run(ctx context.Context) {
	for {
		h.look()
		if sleep.For(ctx, hotEventsPause) != nil {
			return
		}
	}
}

// look finds out which events change most.
func (h *hotEvents) look() {
	events := h.active()
	h.mu.Lock()
	defer h.mu.Unlock()
	changes, heat := make(map[eventra.ID]int64, len(events)), make(map[eventra.ID]float64, len(events))
	for _, e := range events {
		changes[e.EventID] = e.Changes
		since := max(0, e.Changes-h.changes[e.EventID]) // fewer than before: it is another activation
		heat[e.EventID] = h.heat[e.EventID]/2 + float64(since)
	}
	h.changes, h.heat = changes, heat
	slices.SortFunc(events, func(a, b eventra.ActiveEvent) int {
		return cmp.Or(-cmp.Compare(heat[a.EventID], heat[b.EventID]), slices.Compare(a.EventID[:], b.EventID[:]))
	})
	h.hot = h.hot[:0]
	for _, e := range events[:min(len(events), hotEventsMax)] {
		if heat[e.EventID] > 0 {
			h.hot = append(h.hot, e.EventID)
		}
	}
}

// Describe implements prometheus.Collector.
func (h *hotEvents) Describe(descs chan<- *prometheus.Desc) { descs <- hotEventDesc }

// Collect implements prometheus.Collector.
func (h *hotEvents) Collect(metrics chan<- prometheus.Metric) {
	h.mu.Lock()
	hot := slices.Clone(h.hot)
	h.mu.Unlock()
	for _, e := range h.active() {
		if !slices.Contains(hot, e.EventID) {
			continue
		}
		for state, n := range map[string]int{"free": e.Free, "held": e.Held, "sold": e.Booked} {
			metrics <- prometheus.MustNewConstMetric(hotEventDesc, prometheus.GaugeValue, float64(n), e.EventID.String(), state)
		}
	}
}
