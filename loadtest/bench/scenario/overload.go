package scenario

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/test/client"
)

const (
	// overloadQueue is the event's queue, so short that most excess requests are shed.
	overloadQueue   = 512
	peakConnections = 256

	// A log-in costs as much as some hundred holds because of its password hash.
	loginPause, readPause = time.Second, 100 * time.Millisecond
)

// connectionCounts are the connections of the overload. A connection that waits for a
// response sends no request, so that few connections cannot overload the server.
var connectionCounts = []int{4 * overloadQueue, 16 * overloadQueue}

// overload requests twice the holds that the server can make, by the same client. It
// measures the accepted holds, the time of rejections, and the times of log-ins and
// reads, which also run at the peak.
func overload(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		ratios := make([][]float64, len(connectionCounts))
		for run := range b.Runs {
			peak, err := b.overloaded(ctx, run, "peak", peakConnections, 0)
			if err != nil {
				return err
			}
			for i, generator := range connectionCounts {
				accepts, err := b.overloaded(ctx, run, "twice", generator, 2*peak)
				if err != nil {
					return err
				}
				ratios[i] = append(ratios[i], accepts/peak)
			}
		}
		for i, generator := range connectionCounts {
			b.say("  = %d connections: accepted at twice the peak / at the peak: %.2f (median of %.2f)", generator, stats.Median(ratios[i]), ratios[i])
		}
		return nil
	}, fmt.Sprintf("EVENTRA_EVENT_QUEUE_MAX=%d", overloadQueue))
}

// overloaded measures a load together with log-ins and reads, and returns the rate of
// accepted holds.
func (b *bench) overloaded(ctx context.Context, run int, name string, connections int, rate float64) (accepts float64, err error) {
	stop := make(chan struct{})
	probed := make(chan string, 1)
	go func() { probed <- b.probe(stop) }()
	result, accepts, err := b.load(ctx, connections, rate, name)
	close(stop)
	probes := <-probed
	if err != nil {
		return 0, err
	}
	b.say("  %d %-5s %d connections: %.0f/s in time; %s; 503 after p99 %s; %s", run+1, name, connections, accepts, describe(&result, accepted), ms(result.ShedP99), probes)
	if result.Statuses[503]+result.Accepted() != result.Requests || result.Errors > 0 {
		b.fail("%s: %s, errors %d", name, result.Outcomes(), result.Errors)
	}
	return accepts, nil
}

// load holds seats of new events, at a rate or (0) as fast as responses come. InTime is
// the rate of holds accepted during the run. Times count from when a request is sent,
// not from when it is due, because all connections may be waiting.
func (b *bench) load(ctx context.Context, connections int, rate float64, name string) (result stats.Result, inTime float64, err error) {
	at := b.System.Eventra
	seats := int(b.For.Seconds()) * 2 * eventraMax
	houses := slices.Repeat([]client.House{b.house()}, seats/b.Seats+1)
	sales, err := b.OpenSales(ctx, at, houses...)
	if err != nil {
		return result, 0, err
	}
	if err := at.Vacuum(ctx); err != nil {
		return result, 0, err
	}
	tokens, err := b.Tokens(b.System.Eventra)
	if err != nil {
		return result, 0, err
	}
	over := make(chan struct{})
	var begin sync.Once
	var held atomic.Int64
	step := func(w *loadgen.Worker, i int64) {
		begin.Do(func() { time.AfterFunc(b.For, func() { close(over) }) })
		sale := sales[int(i)/b.Seats]
		answer := w.Do(holdRequest(tokens[int(i)%len(tokens)], sale.ID, sale.Seat(int(i)%b.Seats)), time.Time{})
		if answer == nil || answer.Status != 201 {
			return
		}
		select {
		case <-over:
		default:
			held.Add(1)
		}
	}
	generator := loadgen.Generator{Address: at.Target.Address(), Connections: connections}
	cpu := at.CPU()
	profiled := make(chan error, 1)
	go func() { profiled <- at.Profile(b.For, b.Settings.Profiles, b.name+"-"+name) }()
	if rate == 0 {
		result = generator.For(b.For, step)
	} else {
		result = generator.Rate(rate, over, func(w *loadgen.Worker, i int64, _ time.Time) { step(w, i) })
	}
	result.CPU, result.Note = at.CPU()-cpu, "machine load "+system.MachineLoad()
	return result, float64(held.Load()) / b.For.Seconds(), <-profiled
}

// probe repeats log-ins and reads until stop is closed, and describes their times.
func (b *bench) probe(stop <-chan struct{}) string {
	sale, err := b.System.Eventra.Admin.OpenSale(b.System.Eventra.Target, "Probe", client.House{Rows: 1, SeatsPerRow: 10}, system.HoldFor)
	if err != nil {
		return "no probe: " + err.Error()
	}
	var logins, reads []time.Duration
	var failures atomic.Int64
	var all sync.WaitGroup
	repeat := func(times *[]time.Duration, pause time.Duration, method, path string, body any) {
		for {
			start := time.Now()
			if err := system.Call(b.System.Eventra, 200, method, path, "", body, nil); err != nil {
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
		repeat(&logins, loginPause, "POST", "/api/v1/auth/login", map[string]string{"email": b.System.Eventra.Admin.Email, "password": b.System.Eventra.Admin.Password})
	})
	all.Go(func() { repeat(&reads, readPause, "GET", "/api/v1/events/"+sale.ID+"/availability", nil) })
	all.Wait()
	slices.Sort(logins)
	slices.Sort(reads)
	return fmt.Sprintf("%d logins p99 %s, %d reads p99 %s, %d of them failed", len(logins), ms(stats.Quantile(logins, 0.99)), len(reads), ms(stats.Quantile(reads, 0.99)), failures.Load())
}
