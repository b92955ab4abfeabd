package scenario

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/test/client"
)

const (
	// frequentGC keeps the heap within a tenth of what is in use.
	frequentGC = "GOGC=10"
	// heapReads is the number of readings, of which one is right after a collection.
	heapReads = 50
	heapPoll  = 20 * time.Millisecond
)

// activation measures the first hold after a restart, and the memory of an event of
// which a tenth of the seats are held.
func activation(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		sales, err := b.OpenSales(ctx, b.System.Eventra, b.house())
		if err != nil {
			return err
		}
		if err := b.sell(b.System.Eventra, sales[0], b.Seats/10); err != nil {
			return err
		}
		if err := b.System.Eventra.Vacuum(ctx); err != nil {
			return err
		}
		var firsts []time.Duration
		for run := range b.Runs {
			first, next, err := b.firstHold(sales[0], b.Seats/10+2*run)
			if err != nil {
				return err
			}
			firsts = append(firsts, first)
			b.say("  %d first hold of a %d-seat event after a restart: %s, the next one: %s; machine load %s", run+1, b.Seats, ms(first), ms(next), system.MachineLoad())
		}
		b.say("  = first hold %s (median of %d)", ms(stats.Median(firsts)), b.Runs)
		return b.measureHeap(sales[0])
	})
}

// firstHold restarts Eventra and times two holds.
func (b *bench) firstHold(sale *client.Sale, seat int) (first, next time.Duration, err error) {
	at := b.System.Eventra
	if err := at.Stop(); err != nil {
		return 0, 0, err
	}
	if err := at.Start(); err != nil {
		return 0, 0, err
	}
	tokens, err := b.Tokens(b.System.Eventra)
	if err != nil {
		return 0, 0, err
	}
	if first, err = timedHold(at, tokens[0], sale, seat); err != nil {
		return 0, 0, err
	}
	next, err = timedHold(at, tokens[0], sale, seat+1)
	return first, next, err
}

func timedHold(at *system.Server, token string, sale *client.Sale, seat int) (time.Duration, error) {
	started := time.Now()
	err := system.Call(at, 201, "POST", "/api/v1/bookings", token, map[string]any{"eventId": sale.ID, "seats": []string{sale.Seat(seat)}}, nil)
	return time.Since(started), err
}

// measureHeap compares the heap before and after the event is activated.
func (b *bench) measureHeap(sale *client.Sale) error {
	at := b.System.Eventra
	if err := at.Stop(); err != nil {
		return err
	}
	at.Set(frequentGC)
	if err := at.Start(); err != nil {
		return err
	}
	before, err := heapInUse(at)
	if err != nil {
		return err
	}
	if err := at.Target.Activate(sale.ID); err != nil {
		return err
	}
	after, err := heapInUse(at)
	if err != nil {
		return err
	}
	b.say("  = %.0f bytes of heap a seat (%.1f MB before, %.1f MB with %d seats)", (after-before)/float64(b.Seats), before/1e6, after/1e6, b.Seats)
	if after <= before {
		return fmt.Errorf("the heap did not grow: is the event in memory?")
	}
	return nil
}

// heapInUse returns the smallest of several readings of the heap, which is that after
// a collection.
func heapInUse(at *system.Server) (float64, error) {
	least := math.Inf(1)
	for range heapReads {
		bytes, err := at.Metric("go_memstats_heap_alloc_bytes")
		if err != nil {
			return 0, err
		}
		least = min(least, bytes)
		time.Sleep(heapPoll)
	}
	return least, nil
}
