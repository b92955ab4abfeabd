package http

import (
	"fmt"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra"
)

// requestMetrics measures the duration of requests by route, method and status, and counts
// problems by their code, those of holds once more: a status alone does not tell overloaded
// from unavailable.
type requestMetrics struct {
	seconds                 *prometheus.HistogramVec
	problems, holdsRefused  *prometheus.CounterVec
	shedBySlots, shedByRoom prometheus.Counter

	secondsOf  series[outcome, prometheus.Observer]
	problemsOf series[refusal, prometheus.Counter]
}

// refusal is a problem that was the answer to a hold, or to anything else.
type refusal struct {
	code eventra.Code
	hold bool
}

// outcome labels a request that has been answered.
type outcome struct {
	route, method string
	status        int
}

// expectedProblems are counted from zero, so that the first one is seen as an increase.
var expectedProblems = []eventra.Code{eventra.CodeOverloaded, eventra.CodeUnavailable, eventra.CodeInternal, eventra.CodeSeatsUnavailable,
	eventra.CodeNotEnoughSeats, eventra.CodeNotEnoughPlaces, eventra.CodeRateLimited}

func newRequestMetrics(registry *prometheus.Registry, holding *atomic.Int64) (*requestMetrics, error) {
	m := &requestMetrics{seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "eventra_http_request_duration_seconds",
		Help:    "Time from a request's arrival to its answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"route", "method", "status"}), problems: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eventra_http_problems_total", Help: "Responses that are problems, by code.",
	}, []string{"code"}), holdsRefused: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eventra_hold_problems_total", Help: "Requests for seats that were refused or failed, by the problem's code.",
	}, []string{"code"})}
	shed := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eventra_http_sheds_total",
		Help: "Requests for seats that were refused because too many compute (slots), or too many wait for seats (room)."}, []string{"limit"})
	m.shedBySlots, m.shedByRoom = shed.WithLabelValues("slots"), shed.WithLabelValues("room")
	for _, code := range expectedProblems {
		m.problems.WithLabelValues(string(code))
		m.holdsRefused.WithLabelValues(string(code))
	}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "eventra_http_holds_waiting", Help: "Requests for seats that wait for anything but their client.",
	}, func() float64 { return float64(holding.Load()) })
	for _, metric := range []prometheus.Collector{m.seconds, m.problems, m.holdsRefused, shed, waiting} {
		if err := registry.Register(metric); err != nil {
			return nil, fmt.Errorf("http: metrics: %w", err)
		}
	}
	return m, nil
}

func (m *requestMetrics) observe(route, method string, status int, took time.Duration) {
	m.secondsOf.get(outcome{route, method, status}, func(o outcome) prometheus.Observer {
		return m.seconds.WithLabelValues(o.route, o.method, strconv.Itoa(o.status))
	}).Observe(took.Seconds())
}

func (m *requestMetrics) problem(code eventra.Code, ofHold bool) {
	m.problemsOf.get(refusal{code, false}, func(r refusal) prometheus.Counter { return m.problems.WithLabelValues(string(r.code)) }).Inc()
	if ofHold {
		m.problemsOf.get(refusal{code, true}, func(r refusal) prometheus.Counter { return m.holdsRefused.WithLabelValues(string(r.code)) }).Inc()
	}
}

// shed counts a hold that was refused before anybody looked at it, with a slot or without one.
func (m *requestMetrics) shed(withSlot bool) {
	if withSlot {
		m.shedByRoom.Inc()
	} else {
		m.shedBySlots.Inc()
	}
}

// series remembers the metrics of labels of which there are few. To find one in a vector
// takes several times as long as to count with it.
type series[Labels comparable, Metric any] struct {
	mu  sync.Mutex
	all atomic.Pointer[map[Labels]Metric] // never written to
}

// get returns the metric of labels, which find finds the first time.
func (r *series[Labels, Metric]) get(labels Labels, find func(Labels) Metric) Metric {
	if all := r.all.Load(); all != nil {
		if metric, ok := (*all)[labels]; ok {
			return metric
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[Labels]Metric{}
	if before := r.all.Load(); before != nil {
		maps.Copy(all, *before)
	}
	all[labels] = find(labels)
	r.all.Store(&all)
	return all[labels]
}
