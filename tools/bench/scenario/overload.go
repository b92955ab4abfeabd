package scenario

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/tools/bench/drive"
	"github.com/eventra/eventra/tools/bench/figures"
	"github.com/eventra/eventra/tools/bench/stage"
	"github.com/eventra/eventra/tools/clustertest/client"
)

const (
	// overloadQueue is how many may wait at the event: few enough for all
	// others to be turned away.
	overloadQueue       = 512
	overloadConnections = 4 * overloadQueue
	peakConnections     = 256

	// A login costs as much as some hundred holds, on purpose, so that there may
	// be but few.
	loginPause, readPause = time.Second, 100 * time.Millisecond
)

// overload asks for twice what the server can do, by the same client, and
// watches who is let in, how soon the others are told, and whether logins and
// reads still answer.
func overload(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		var ratios []float64
		for run := range b.Runs {
			peak, err := b.load(ctx, peakConnections, 0, "peak")
			if err != nil {
				return err
			}
			rate := peak.PerSecond(peak.Accepted())
			b.say("  %d peak     %s", run+1, describe(&peak, accepted))
			stop := make(chan struct{})
			probed := make(chan string, 1)
			go func() { probed <- b.probe(stop) }()
			twice, err := b.load(ctx, overloadConnections, 2*rate, "twice")
			close(stop)
			reads := <-probed
			if err != nil {
				return err
			}
			accepts := twice.PerSecond(twice.Accepted())
			ratios = append(ratios, accepts/rate)
			b.say("  %d twice it %s; 503 after p99 %s; %s", run+1, describe(&twice, accepted), ms(twice.TurnedAwayP99), reads)
			if twice.Statuses[503]+twice.Accepted() != twice.Requests || twice.Errors > 0 {
				b.fault("at twice the peak: %s, errors %d", twice.Outcomes(), twice.Errors)
			}
		}
		b.say("  = accepted at twice the peak / at the peak: %.2f (median of %.2f)", figures.Median(ratios), ratios)
		return nil
	}, fmt.Sprintf("EVENTRA_EVENT_QUEUE_MAX=%d", overloadQueue))
}

// load holds seats of a new event, at a rate or (0) as fast as answers come.
func (b *bench) load(ctx context.Context, connections int, rate float64, name string) (result figures.Result, err error) {
	at := b.Stage.Eventra
	seats := int(b.For.Seconds()) * 2 * eventraMax
	houses := slices.Repeat([]client.House{b.house()}, seats/b.Seats+1)
	sales, err := b.OpenSales(ctx, at, houses...)
	if err != nil {
		return result, err
	}
	if err := at.Settle(ctx); err != nil {
		return result, err
	}
	tokens, err := b.Tokens()
	if err != nil {
		return result, err
	}
	step := func(w *drive.Worker, i int64, due time.Time) {
		sale := sales[int(i)/b.Seats]
		w.Do(holdRequest(tokens[int(i)%len(tokens)], sale.ID, sale.Seat(int(i)%b.Seats)), due)
	}
	crowd := drive.Crowd{Address: at.Target.Address(), Connections: connections}
	cpu := at.CPU()
	profiled := make(chan error, 1)
	go func() { profiled <- at.Profile(b.For, b.Settings.Profiles, b.name+"-"+name) }()
	if rate == 0 {
		result = crowd.For(b.For, func(w *drive.Worker, i int64) { step(w, i, time.Time{}) })
	} else {
		result = crowd.Rate(rate, after(b.For), step)
	}
	result.CPU, result.Note = at.CPU()-cpu, "machine load "+stage.MachineLoad()
	return result, <-profiled
}

// probe logs in and reads an availability over and over until stop is closed,
// and tells how long that took.
func (b *bench) probe(stop <-chan struct{}) string {
	sale, err := b.Admin.OpenSale(b.Stage.Eventra.Target, "Probe", client.House{Rows: 1, SeatsPerRow: 10}, stage.HoldFor)
	if err != nil {
		return "no probe: " + err.Error()
	}
	var logins, reads []time.Duration
	var failures atomic.Int64
	var all sync.WaitGroup
	ask := func(times *[]time.Duration, pause time.Duration, method, path string, body any) {
		for {
			start := time.Now()
			if err := stage.Call(b.Stage.Eventra, 200, method, path, "", body, nil); err != nil {
				failures.Add(1)
			}
			*times = append(*times, time.Since(start))
			select {
			case <-stop:
				return
			case <-time.After(pause):
			}
		}
	}
	all.Go(func() {
		ask(&logins, loginPause, "POST", "/api/v1/auth/login", map[string]string{"email": b.Admin.Email, "password": b.Admin.Password})
	})
	all.Go(func() { ask(&reads, readPause, "GET", "/api/v1/events/"+sale.ID+"/availability", nil) })
	all.Wait()
	slices.Sort(logins)
	slices.Sort(reads)
	return fmt.Sprintf("%d logins p99 %s, %d reads p99 %s, %d of them failed", len(logins), ms(figures.Quantile(logins, 0.99)), len(reads), ms(figures.Quantile(reads, 0.99)), failures.Load())
}
