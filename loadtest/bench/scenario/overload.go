package scenario

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/loadtest/bench/drive"
	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/loadtest/bench/stage"
	"github.com/eventra/eventra/test/client"
)

const (
	// overloadQueue is how many may wait at the event: few enough for most
	// others to be turned away.
	overloadQueue   = 512
	peakConnections = 256

	// A login costs as much as some hundred holds, on purpose, so that there may
	// be but few.
	loginPause, readPause = time.Second, 100 * time.Millisecond
)

// crowds are how many connections ask for it. Who waits for an answer does not
// ask again, so that few cannot ask for twice the peak for long.
var crowds = []int{4 * overloadQueue, 16 * overloadQueue}

// overload asks for twice what the server can do, by the same client, and
// watches who is let in, how soon the others are told, and whether logins and
// reads, which there are at the peak too, still answer.
func overload(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		ratios := make([][]float64, len(crowds))
		for run := range b.Runs {
			peak, err := b.crowded(ctx, run, "peak", peakConnections, 0)
			if err != nil {
				return err
			}
			for i, crowd := range crowds {
				accepts, err := b.crowded(ctx, run, "twice", crowd, 2*peak)
				if err != nil {
					return err
				}
				ratios[i] = append(ratios[i], accepts/peak)
			}
		}
		for i, crowd := range crowds {
			b.say("  = %d connections: accepted at twice the peak / at the peak: %.2f (median of %.2f)", crowd, figures.Median(ratios[i]), ratios[i])
		}
		return nil
	}, fmt.Sprintf("EVENTRA_EVENT_QUEUE_MAX=%d", overloadQueue))
}

// crowded puts a load on while others log in and read, and returns how many
// holds a second were accepted.
func (b *bench) crowded(ctx context.Context, run int, name string, connections int, rate float64) (accepts float64, err error) {
	stop := make(chan struct{})
	probed := make(chan string, 1)
	go func() { probed <- b.probe(stop) }()
	result, accepts, err := b.load(ctx, connections, rate, name)
	close(stop)
	probes := <-probed
	if err != nil {
		return 0, err
	}
	b.say("  %d %-5s %d connections: %.0f/s in time; %s; 503 after p99 %s; %s", run+1, name, connections, accepts, describe(&result, accepted), ms(result.TurnedAwayP99), probes)
	if result.Statuses[503]+result.Accepted() != result.Requests || result.Errors > 0 {
		b.fault("%s: %s, errors %d", name, result.Outcomes(), result.Errors)
	}
	return accepts, nil
}

// load holds seats of a new event, at a rate or (0) as fast as answers come,
// and tells how many a second were held while it went on. Times are from when
// a connection asked: when all wait for answers nobody else can ask.
func (b *bench) load(ctx context.Context, connections int, rate float64, name string) (result figures.Result, inTime float64, err error) {
	at := b.Stage.Eventra
	seats := int(b.For.Seconds()) * 2 * eventraMax
	houses := slices.Repeat([]client.House{b.house()}, seats/b.Seats+1)
	sales, err := b.OpenSales(ctx, at, houses...)
	if err != nil {
		return result, 0, err
	}
	if err := at.Settle(ctx); err != nil {
		return result, 0, err
	}
	tokens, err := b.Tokens()
	if err != nil {
		return result, 0, err
	}
	over := make(chan struct{})
	var begin sync.Once
	var held atomic.Int64
	step := func(w *drive.Worker, i int64) {
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
	crowd := drive.Crowd{Address: at.Target.Address(), Connections: connections}
	cpu := at.CPU()
	profiled := make(chan error, 1)
	go func() { profiled <- at.Profile(b.For, b.Settings.Profiles, b.name+"-"+name) }()
	if rate == 0 {
		result = crowd.For(b.For, step)
	} else {
		result = crowd.Rate(rate, over, func(w *drive.Worker, i int64, _ time.Time) { step(w, i) })
	}
	result.CPU, result.Note = at.CPU()-cpu, "machine load "+stage.MachineLoad()
	return result, float64(held.Load()) / b.For.Seconds(), <-profiled
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
