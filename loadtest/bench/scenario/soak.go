package scenario

import (
	"context"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

const (
	// soakHold is short, so that holds expire during the run.
	soakHold = 15 * time.Second
	// soakPeak is the length of the run that finds the saturation. Holds expire in its
	// second half.
	soakPeak = 2 * soakHold
	// soakSamples is the number of samples of a run.
	soakSamples = 30
	// quietTimeout bounds the wait for the last hold and the last mail.
	quietTimeout = 2 * time.Minute
	// tokensEvery is how often old access tokens are replaced, well before they expire.
	tokensEvery = time.Minute
)

var soakHouse = client.House{Rows: 100, SeatsPerRow: 100}

// soak sends a mix of all requests at half of saturation for a long time, and checks
// that nothing grows but the data.
func soak(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error { return b.soak(ctx) }, "EVENTRA_MAIL_RATE=1000")
}

func (b *bench) soak(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at := b.System.Eventra
	if err := at.SQL(ctx, system.TablesExtension); err != nil {
		return err
	}
	first, err := at.Sample(ctx)
	if err != nil {
		return err
	}
	b.say("  before    %v", first)
	m := &mix{maps: make([]knownMap, b.Connections[0]), rotation: &rotation{turns: 3, open: func() (*client.Sale, error) {
		return at.Admin.OpenSale(at.Target, "Soak", soakHouse, soakHold)
	}}}
	if err := m.rotation.start(ctx); err != nil {
		return err
	}
	if err := b.renew(m); err != nil {
		return err
	}

	generator := loadgen.Generator{Address: at.Target.Address(), Connections: b.Connections[0]}
	peak := generator.For(soakPeak, func(w *loadgen.Worker, i int64) { m.visit(w, i, time.Time{}) })
	rate := float64(m.visits.Swap(0)) / peak.Took.Seconds()
	b.sayVisits("peak", rate, &peak)
	if err := b.waitUntilQuiet(ctx); err != nil {
		return err
	}
	var samples []system.Sample
	stop, sampled := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(stop)
		var err error
		samples, err = b.sample(ctx, m)
		sampled <- err
	}()
	half := generator.Rate(rate/2, stop, m.visit)
	if err := <-sampled; err != nil {
		return err
	}
	b.sayVisits("half", float64(m.visits.Load())/half.Took.Seconds(), &half)
	if err := b.waitUntilQuiet(ctx); err != nil {
		return err
	}
	last, err := at.Sample(ctx)
	if err != nil {
		return err
	}
	b.say("  after     %v", last)
	opened, err := m.rotation.end()
	b.say("  %d events were on sale", opened)
	b.judgeGrowth(first, samples, last, opened)
	return err
}

// sayVisits prints the result of a load. Refusals are allowed.
func (b *bench) sayVisits(name string, rate float64, r *stats.Result) {
	b.say("  %-9s %.0f visits/s, %.0f requests/s, p50 %s, p99 %s, max %s, errors %d, %s; machine load %s", name, rate, r.PerSecond(r.Requests),
		ms(r.P50), ms(r.P99), ms(r.Max), r.Errors, r.Outcomes(), system.MachineLoad())
	if n := r.Failed() + r.Errors; n > 0 {
		b.fail("%d requests failed: %s, errors %d", n, r.Outcomes(), r.Errors)
	}
}

// sample takes samples during a run, and renews the users' tokens.
func (b *bench) sample(ctx context.Context, m *mix) (samples []system.Sample, err error) {
	start := time.Now()
	for len(samples) < soakSamples {
		due := start.Add(b.For * time.Duration(len(samples)+1) / soakSamples)
		for left := time.Until(due); left > 0; left = time.Until(due) {
			if err := wait.Sleep(ctx, min(left, tokensEvery)); err != nil {
				return samples, err
			}
			if err := b.renew(m); err != nil {
				return samples, err
			}
		}
		s, err := b.System.Eventra.Sample(ctx)
		if err != nil {
			return samples, err
		}
		samples = append(samples, s)
		b.say("  %8s  %v", time.Since(start).Round(time.Second), s)
	}
	return samples, nil
}

// renew replaces the mix's access tokens.
func (b *bench) renew(m *mix) (err error) {
	t := &tokens{}
	if t.users, err = b.Tokens(b.System.Eventra); err != nil {
		return err
	}
	if t.admin, err = b.System.Eventra.AdminToken(); err != nil {
		return err
	}
	m.tokens.Store(t)
	return nil
}

// waitUntilQuiet waits until all holds have expired and all mails are sent.
func (b *bench) waitUntilQuiet(ctx context.Context) error {
	const open = `SELECT (SELECT count(*) FROM bookings WHERE status = 'HELD') + (SELECT count(*) FROM outbox WHERE sent_at IS NULL)`
	for deadline := time.Now().Add(quietTimeout); ; {
		n, err := b.System.Eventra.Number(ctx, open)
		switch {
		case err != nil:
			return err
		case n == 0:
			return nil
		case time.Now().After(deadline):
			b.fail("%d holds and mails are open %v after the last request", n, quietTimeout)
			return nil
		}
		if err := wait.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}
