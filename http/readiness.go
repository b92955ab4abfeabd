package http

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// probeTimeout is the time in which a dependency must answer.
	probeTimeout = time.Second
	// readinessAge is how long the answers are reused: dependencies are asked about
	// once a second, however often /readyz is called.
	readinessAge = time.Second
)

// readiness probes the dependencies and remembers their answers for a while.
type readiness struct {
	probes []Probe
	log    *slog.Logger

	mu    sync.Mutex
	asked time.Time
	last  map[string]Check
	ok    bool
}

func newReadiness(probes []Probe, log *slog.Logger) *readiness {
	return &readiness{probes: probes, log: log}
}

// checks returns the state of each dependency, and whether all required ones answer.
func (r *readiness) checks(ctx context.Context) (map[string]Check, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last != nil && time.Since(r.asked) < readinessAge {
		return r.last, r.ok
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	faults := r.ask(ctx)
	before := r.last
	r.last, r.ok = make(map[string]Check, len(r.probes)), true
	for i, probe := range r.probes {
		check := Check{Status: "up", Required: probe.Required}
		if faults[i] != nil {
			check.Status = "down"
			r.ok = r.ok && !probe.Required
		}
		r.logChange(before, probe.Name, check, faults[i])
		r.last[probe.Name] = check
	}
	r.asked = time.Now()
	return r.last, r.ok
}

// logChange writes a line when a dependency goes away or comes back, not for each probe.
func (r *readiness) logChange(before map[string]Check, name string, now Check, fault error) {
	was, known := before[name]
	switch {
	case now.Status == "down" && (!known || was.Status == "up"):
		r.log.Warn("dependency does not answer", "dependency", name, "error", fault)
	case now.Status == "up" && known && was.Status == "down":
		r.log.Info("dependency answers again", "dependency", name)
	}
}

// forget makes the next look ask again.
func (r *readiness) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = time.Time{}
}

// ask probes all dependencies at once. It does not wait for a probe that outlives its
// context.
func (r *readiness) ask(ctx context.Context) []error {
	type answer struct {
		probe int
		err   error
	}
	answers := make(chan answer, len(r.probes))
	faults := make([]error, len(r.probes))
	for i, probe := range r.probes {
		faults[i] = context.DeadlineExceeded
		go func() { answers <- answer{i, probe.Check(ctx)} }()
	}
	for range r.probes {
		select {
		case a := <-answers:
			faults[a.probe] = a.err
		case <-ctx.Done():
			return faults
		}
	}
	return faults
}
