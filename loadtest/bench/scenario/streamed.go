package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/loadtest/bench/watchers"
	"github.com/eventra/eventra/test/client"
)

const (
	// streamedHolders is the number of connections that hold seats beside streams.
	streamedHolders = 64
	streamWatchers  = 1000
	newcomers       = 2000
	// newcomersWithin is the time in which they come, shorter than the sale of a house.
	newcomersWithin = 2 * time.Second
	// lastFrameTimeout bounds the wait for the last change.
	lastFrameTimeout = 10 * time.Second
)

// arena is the house that everybody watches.
var arena = client.House{Rows: 300, SeatsPerRow: seatsPerRow}

// streamed compares the sale of a watched house with one that nobody watches.
func streamed(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() error {
		return b.compareWith(ctx, fmt.Sprintf("%d connections, %d seats", streamedHolders, arena.Size()),
			b.streamedHolds("alone", 0, 0),
			b.streamedHolds("1,000 watchers", streamWatchers, 0),
			b.streamedHolds("and 2,000 new", streamWatchers, newcomers))
	})
}

// streamedHolds returns a variant that sells out a house to holders on few connections,
// beside watchers who know its version and others who come meanwhile.
func (b *bench) streamedHolds(name string, know, come int) variant {
	at := b.System.Eventra
	return variant{name: name, at: at, what: accepted, shared: true, prepare: func(ctx context.Context) (measurement, error) {
		w, err := b.watch(ctx, at, know)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (stats.Result, error) {
			if come > 0 {
				w.crowd.Arrive(come, newcomersWithin)
			}
			result := w.sell(0, arena.Size())
			return result, w.end(ctx, b, name, &result)
		}, nil
	}}
}

// watchedHouse is a house with its watchers, and when each of its holds was answered.
type watchedHouse struct {
	at       *system.Server
	sale     *client.Sale
	crowd    *watchers.Crowd
	tokens   []string
	answered []time.Time
}

// watch opens a house and its watchers.
func (b *bench) watch(ctx context.Context, at *system.Server, know int) (w *watchedHouse, err error) {
	sales, err := b.OpenSales(ctx, at, arena)
	if err != nil {
		return nil, err
	}
	tokens, err := b.Tokens(at)
	if err != nil {
		return nil, err
	}
	w = &watchedHouse{at: at, sale: sales[0], tokens: tokens, answered: make([]time.Time, arena.Size()),
		crowd: watchers.New(ctx, at.Target.Address(), sales[0])}
	version, _, err := w.seats()
	if err != nil {
		return nil, err
	}
	return w, w.crowd.Open(know, version)
}

// seats reads the version and which seats are taken.
func (w *watchedHouse) seats() (version uint64, taken []bool, err error) {
	var body struct {
		Version uint64
		Seats   []struct{ Seat, Status string }
	}
	err = system.Call(w.at, 200, "GET", "/api/v1/events/"+w.sale.ID+"/seats", "", nil, &body)
	for n, seat := range body.Seats {
		if seat.Seat != w.sale.Seat(n) {
			return 0, nil, fmt.Errorf("seat %d of the map is %s", n, seat.Seat)
		}
		taken = append(taken, seat.Status != "AVAILABLE")
	}
	return body.Version, taken, err
}

// sell holds seats from a first one on.
func (w *watchedHouse) sell(first, seats int) stats.Result {
	generator := loadgen.Generator{Address: w.at.Target.Address(), Connections: streamedHolders}
	return generator.Count(int64(seats), func(worker *loadgen.Worker, i int64) {
		i += int64(first)
		answer := worker.Do(holdRequest(w.tokens[int(i)%len(w.tokens)], w.sale.ID, w.sale.Seat(int(i))), time.Time{})
		if answer != nil && answer.Status == 201 {
			w.answered[i] = time.Now()
		}
	})
}

// end waits for the last change, and checks what the watchers have learnt.
func (w *watchedHouse) end(ctx context.Context, b *bench, name string, result *stats.Result) error {
	defer w.crowd.Stop()
	version, taken, err := w.seats()
	if err != nil {
		return err
	}
	if late := w.crowd.Await(version, lastFrameTimeout); late > 0 {
		b.fail("%s: %d watchers have not seen version %d after %v", name, late, version, lastFrameTimeout)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.crowd.Stop()
	summary := w.crowd.Check(taken, w.answered)
	if summary.Watchers > 0 {
		result.Note = summary.String()
	}
	if summary.Err != nil {
		b.fail("%s: %w", name, summary.Err)
	}
	return nil
}
