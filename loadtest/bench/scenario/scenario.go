// Package scenario has the scenarios of the bench. Each sets up a system, generates
// load, and prints its results.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/eventra/eventra/loadtest/bench/report"
	"github.com/eventra/eventra/loadtest/bench/system"
)

// Settings are the settings of the command line.
type Settings struct {
	system.Settings
	Connections []int
	For         time.Duration // of a run
	Runs        int
	Seats       int            // of an event, 100 in a row
	Scatter     bool           // request scattered seats instead of row by row
	Rate        float64        // holds a second, of paced, lateness, expiry and cancelled
	Events      int            // of many
	Holds       int            // of expiry, due at once; sold seats of cancelled
	Bookings    int            // that growth adds
	Buyers      int            // of crowd
	Think       time.Duration  // of a buyer before each step, on average
	Report      *report.Report // gets the results; nil: none
	Progress    io.Writer      // is told how far the bench is
}

// Scenario is one measurement.
type Scenario struct {
	Name, Title string
	perform     func(ctx context.Context, b *bench) error
}

// All are the scenarios in their order.
var All = []Scenario{
	{"hold", "accepted holds of one seat each, one hot event", hold},
	{"refuse", "refusals on a sold-out event", refuse},
	{"noop", "the reference server's response to a checked token, without any work", noop},
	{"group4", "holds of four seats each, one hot event", group4},
	{"floor", "holds of one place each on a floor of a million, and of one seat each", floor},
	{"keyed", "holds with an Idempotency-Key each, and with every rule on", keyed},
	{"customers", "holds by an API key for many customers of its shop, and by one user", customers},
	{"best2", "the best two seats, from the first to the last pair", best2},
	{"life", "hold and pay", life},
	{"map304", "a seat map that the client knows", map304},
	{"mapfull", "a whole seat map, compressed", mapFull},
	{"watched", "holds beside readers of the whole seat map", watched},
	{"streamed", "holds beside watchers of the event's stream", streamed},
	{"streamidle", "10,000 watchers, and a rush among them", streamIdle},
	{"streamhouses", "ten watched houses in a row, and the memory that stays", streamHouses},
	{"standby", "holds with a synchronous standby and without", standby},
	{"instances", "holds on many events at three instances and at one", instances},
	{"crowd", "buyers with time to think browse, pick, hit taken seats, retry and pay", crowd},
	{"many", "holds spread over many events", many},
	{"expiry", "many holds that end in the same second", expiry},
	{"cancelled", "holds while another event's buyers are refunded", cancelled},
	{"exported", "holds while another event's bookings are exported", exported},
	{"lateness", "short holds that end one by one, with many other keys in Redis", lateness},
	{"activation", "a large event's first request after a restart, and its memory", activation},
	{"overload", "twice the holds that can be made, and how the others are shed", overload},
	{"attacked", "holds beside hostile clients of each kind", attacked},
	{"growth", "holds on larger events, and with more past bookings", growth},
	{"half", "holds at half of saturation, with a client that costs little", half},
	{"paced", "holds at a fixed rate", paced},
	{"soak", "all kinds of requests at half of saturation, and what grows", soak},
}

// bench is a running scenario.
type bench struct {
	Settings
	*system.System
	name     string
	out      io.Writer
	failures []error
}

// Perform runs the scenario and prints to out. Its error joins all failures.
func (s *Scenario) Perform(ctx context.Context, settings Settings, out io.Writer) error {
	b := &bench{Settings: settings, name: s.Name, out: out}
	b.say("\n%s: %s", s.Name, s.Title)
	err := s.perform(ctx, b)
	return errors.Join(append([]error{err}, b.failures...)...)
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

func (b *bench) fail(format string, args ...any) {
	b.failures = append(b.failures, fmt.Errorf(format, args...))
	failure := b.failures[len(b.failures)-1]
	b.say("  FAIL: %v", failure)
	if b.Report != nil {
		b.Report.Failures = append(b.Report.Failures, fmt.Sprintf("%s: %v", b.name, failure))
	}
}

// with sets up a system for some work, and checks Eventra's databases afterwards.
func (b *bench) with(ctx context.Context, withReference bool, work func() error, extra ...string) (err error) {
	if b.System, err = system.Open(ctx, b.Settings.Settings, withReference, extra...); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close(ctx)) }()
	if err := work(); err != nil {
		return err
	}
	started := time.Now()
	if err := b.Check(ctx); err != nil {
		b.fail("%v", err)
		return nil
	}
	b.say("  eventra check: clean, in %.1f s", time.Since(started).Seconds())
	return nil
}
