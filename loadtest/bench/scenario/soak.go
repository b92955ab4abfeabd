package scenario

import (
	"context"
	"time"

	"github.com/eventra/eventra/loadtest/bench/drive"
	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/loadtest/bench/stage"
	"github.com/eventra/eventra/test/client"
)

const (
	// soakHold is short, so that most holds run out while others are made.
	soakHold = 15 * time.Second
	// soakPeak finds the saturation; in its second half holds run out, too.
	soakPeak = 2 * soakHold
	// soakSamples are taken in a run.
	soakSamples = 30
	// soakQuiet bounds the wait for the last hold and the last mail.
	soakQuiet = 2 * time.Minute
	// tokensEvery is how often old tokens are replaced: well within what is left
	// of an access token's life when it counts as old.
	tokensEvery = time.Minute
)

var soakHouse = client.House{Rows: 100, SeatsPerRow: 100}

// soak has visitors do all that they do at half of what the server can, for a
// long time, and asks what grows.
func soak(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error { return b.soak(ctx) }, "EVENTRA_MAIL_RATE=1000")
}

func (b *bench) soak(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at := b.Stage.Eventra
	if err := at.SQL(ctx, stage.TablesExtension); err != nil {
		return err
	}
	first, err := at.Sample(ctx)
	if err != nil {
		return err
	}
	b.say("  before    %v", first)
	v := &visitors{maps: make([]seenMap, b.Connections[0]), room: &showroom{turns: 3, open: func() (*client.Sale, error) {
		return b.Admin.OpenSale(at.Target, "Soak", soakHouse, soakHold)
	}}}
	if err := v.room.start(ctx); err != nil {
		return err
	}
	if err := b.renew(v); err != nil {
		return err
	}

	crowd := drive.Crowd{Address: at.Target.Address(), Connections: b.Connections[0]}
	peak := crowd.For(soakPeak, func(w *drive.Worker, i int64) { v.visit(w, i, time.Time{}) })
	rate := float64(v.visits.Swap(0)) / peak.Took.Seconds()
	b.sayVisits("peak", rate, &peak)
	if err := b.untilQuiet(ctx); err != nil {
		return err
	}
	var samples []stage.Sample
	stop, sampled := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(stop)
		var err error
		samples, err = b.sample(ctx, v)
		sampled <- err
	}()
	half := crowd.Rate(rate/2, stop, v.visit)
	if err := <-sampled; err != nil {
		return err
	}
	b.sayVisits("half", float64(v.visits.Load())/half.Took.Seconds(), &half)
	if err := b.untilQuiet(ctx); err != nil {
		return err
	}
	last, err := at.Sample(ctx)
	if err != nil {
		return err
	}
	b.say("  after     %v", last)
	shown, err := v.room.end()
	b.say("  %d events were on sale", shown)
	b.judgeGrowth(first, samples, last, shown)
	return err
}

// sayVisits says how a load went. Refusals are no fault.
func (b *bench) sayVisits(name string, rate float64, r *figures.Result) {
	b.say("  %-9s %.0f visits/s, %.0f requests/s, p50 %s, p99 %s, max %s, errors %d, %s; machine load %s", name, rate, r.PerSecond(r.Requests),
		ms(r.P50), ms(r.P99), ms(r.Max), r.Errors, r.Outcomes(), stage.MachineLoad())
	if n := r.Failed() + r.Errors; n > 0 {
		b.fault("%d requests failed: %s, errors %d", n, r.Outcomes(), r.Errors)
	}
}

// sample looks at the server from time to time while a run goes on, and renews
// the visitors' tokens.
func (b *bench) sample(ctx context.Context, v *visitors) (samples []stage.Sample, err error) {
	start := time.Now()
	for len(samples) < soakSamples {
		due := start.Add(b.For * time.Duration(len(samples)+1) / soakSamples)
		for wait := time.Until(due); wait > 0; wait = time.Until(due) {
			select {
			case <-ctx.Done():
				return samples, context.Cause(ctx)
			case <-time.After(min(wait, tokensEvery)):
			}
			if err := b.renew(v); err != nil {
				return samples, err
			}
		}
		s, err := b.Stage.Eventra.Sample(ctx)
		if err != nil {
			return samples, err
		}
		samples = append(samples, s)
		b.say("  %8s  %v", time.Since(start).Round(time.Second), s)
	}
	return samples, nil
}

// renew gives the visitors access tokens that last for a while.
func (b *bench) renew(v *visitors) (err error) {
	a := &accounts{}
	if a.users, err = b.Tokens(); err != nil {
		return err
	}
	if a.admin, err = b.AdminToken(); err != nil {
		return err
	}
	v.users.Store(a)
	return nil
}

// untilQuiet waits for all holds to have run out and all mails to be sent.
func (b *bench) untilQuiet(ctx context.Context) error {
	const open = `SELECT (SELECT count(*) FROM bookings WHERE status = 'HELD') + (SELECT count(*) FROM outbox WHERE sent_at IS NULL)`
	for deadline := time.Now().Add(soakQuiet); ; {
		n, err := b.Stage.Eventra.Number(ctx, open)
		switch {
		case err != nil:
			return err
		case n == 0:
			return nil
		case time.Now().After(deadline):
			b.fault("%d holds and mails are open %v after the last request", n, soakQuiet)
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}
