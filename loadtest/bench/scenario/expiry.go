package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/test/client"
)

const (
	// dueAfter is the time from setting the deadlines to the deadlines, enough to start
	// Eventra and to activate the event.
	dueAfter = 15 * time.Second
	// freeTimeout bounds the wait for the seats.
	freeTimeout = 60 * time.Second
	freePoll    = 5 * time.Millisecond
	profileFor  = 2 * time.Second

	latenessMetric = "eventra_expiry_lateness_seconds"
)

// expiry measures how long many holds in section B that are due at the same moment
// take to expire, and the times of new holds in section A meanwhile.
func expiry(ctx context.Context, b *bench) error {
	return b.with(ctx, false, func() error {
		var frees, p99s []time.Duration
		for run := range b.Runs {
			free, meanwhile, err := b.expire(ctx)
			if err != nil {
				return err
			}
			frees, p99s = append(frees, free), append(p99s, meanwhile.P99)
			b.say("  %d all %d seats free after %s; new holds meanwhile: %s", run+1, b.Holds, ms(free), describe(&meanwhile, accepted))
			if n := meanwhile.Refused() + meanwhile.Failed() + meanwhile.Errors; n > 0 {
				b.fail("%d new holds were not accepted", n)
			}
		}
		b.say("  = all free after %s, p99 of new holds %s (medians of %d)", ms(stats.Median(frees)), ms(stats.Median(p99s)), b.Runs)
		return nil
	})
}

func (b *bench) expire(ctx context.Context) (free time.Duration, meanwhile stats.Result, err error) {
	sale, err := b.openWithHolds(ctx)
	if err != nil {
		return 0, meanwhile, err
	}
	due, err := b.makeDue(ctx, sale)
	if err != nil {
		return 0, meanwhile, err
	}
	before, err := b.System.Eventra.Buckets(latenessMetric)
	if err != nil {
		return 0, meanwhile, err
	}
	time.Sleep(time.Until(due))
	cpu, machine := b.System.Eventra.CPU(), system.ReadMachine()
	profiled := make(chan error, 1)
	go func() { profiled <- b.System.Eventra.Profile(profileFor, b.Settings.Profiles, "expiry") }()
	stop, paced := make(chan struct{}), make(chan error, 1)
	go func() {
		var err error
		meanwhile, err = b.pace(sale, b.Connections[0], 0, stop)
		paced <- err
	}()
	free, err = b.waitUntilFree(sale, "B", due)
	close(stop)
	err = errors.Join(err, <-paced, <-profiled)
	if err != nil {
		return free, meanwhile, err
	}
	meanwhile.CPU = b.System.Eventra.CPU() - cpu // with that of the expiry
	after, err := b.System.Eventra.Buckets(latenessMetric)
	meanwhile.Note = system.ReadMachine().Since(machine, int64(b.Holds)) + fmt.Sprintf(" (of each hold that ended); 99 %% of the holds ended within %.3f s (a bucket's bound), machine load %s", after.Since(before).Quantile(0.99), system.MachineLoad())
	return free, meanwhile, err
}

// openWithHolds opens an event whose section B is held, seat by seat.
func (b *bench) openWithHolds(ctx context.Context) (*client.Sale, error) {
	at := b.System.Eventra
	rows := (b.Holds + seatsPerRow - 1) / seatsPerRow
	sales, err := b.OpenSales(ctx, at, client.House{Rows: b.Seats/seatsPerRow - rows, SeatsPerRow: seatsPerRow})
	if err != nil {
		return nil, err
	}
	if err := b.AddSection(at, sales[0].ID, "B", rows, seatsPerRow); err != nil {
		return nil, err
	}
	return sales[0], b.holdAll(sales[0], "B", b.Holds)
}

// holdAll holds the first seats of a section, one by one.
func (b *bench) holdAll(sale *client.Sale, section string, seats int) error {
	at := b.System.Eventra
	tokens, err := b.Tokens(at)
	if err != nil {
		return err
	}
	generator := loadgen.Generator{Address: at.Target.Address(), Connections: sellConnections}
	result := generator.Count(int64(seats), func(w *loadgen.Worker, i int64) {
		seat := fmt.Sprintf("%s-%d-%d", section, i/seatsPerRow+1, i%seatsPerRow+1)
		w.Do(holdRequest(tokens[int(i)%len(tokens)], sale.ID, seat), time.Time{})
	})
	if result.Accepted() != int64(seats) {
		return fmt.Errorf("hold section %s: %s, errors %d", section, result.Outcomes(), result.Errors)
	}
	return nil
}

// makeDue gives all holds of the event one deadline. So many holds cannot be made in
// one second, so it changes them in the database while Eventra is stopped.
func (b *bench) makeDue(ctx context.Context, sale *client.Sale) (due time.Time, err error) {
	at := b.System.Eventra
	if err := at.Stop(); err != nil {
		return due, err
	}
	due = time.Now().Add(dueAfter)
	if err := at.SQL(ctx, fmt.Sprintf("UPDATE bookings SET expires_at = '%s' WHERE event_id = '%s' AND status = 'HELD'",
		due.UTC().Format(time.RFC3339Nano), sale.ID)); err != nil {
		return due, err
	}
	if err := at.Vacuum(ctx); err != nil {
		return due, err
	}
	if err := at.Start(); err != nil {
		return due, err
	}
	if err := at.Target.Activate(sale.ID); err != nil {
		return due, err
	}
	if time.Now().After(due) {
		return due, fmt.Errorf("the machine is too busy: %v were not enough to start", dueAfter)
	}
	return due, nil
}

// waitUntilFree waits until no seat of a section is held, and returns the time since
// the deadline.
func (b *bench) waitUntilFree(sale *client.Sale, section string, due time.Time) (time.Duration, error) {
	for time.Since(due) < freeTimeout {
		held, err := heldIn(b.System.Eventra, sale.ID, section)
		if err != nil {
			return 0, err
		}
		if held == 0 {
			return time.Since(due), nil
		}
		time.Sleep(freePoll)
	}
	return 0, fmt.Errorf("seats are still held %v after their deadline", freeTimeout)
}

func heldIn(at *system.Server, event, section string) (held int, err error) {
	var counts struct {
		Sections []struct {
			Name string
			Held int
		}
	}
	if err := system.Call(at, 200, "GET", "/api/v1/events/"+event+"/availability", "", nil, &counts); err != nil {
		return 0, err
	}
	for _, s := range counts.Sections {
		if s.Name == section {
			held = s.Held
		}
	}
	return held, nil
}
