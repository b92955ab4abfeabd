// Package scenario is what is measured: each scenario sets a stage, drives it,
// and says what it came to.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stage"
)

// Settings are what the command line may say.
type Settings struct {
	stage.Settings
	Connections []int
	For         time.Duration // a run
	Runs        int
	Seats       int     // an event, 100 a row
	Scatter     bool    // ask for seats all over the house instead of row by row
	Rate        float64 // holds a second of paced, lateness and, meanwhile, of expiry
	Events      int     // of many
	Holds       int     // that expiry has end at once
	Bookings    int     // that growth adds
}

// Scenario is one thing to measure.
type Scenario struct {
	Name, Title string
	perform     func(ctx context.Context, b *bench) error
}

// All are the scenarios in their order.
var All = []Scenario{
	{"hold", "accepted holds of one seat each, one hot event", hold},
	{"refuse", "refusals on a sold-out event", refuse},
	{"noop", "the reference server's answer to a checked token, with nothing behind it", noop},
	{"group4", "holds of four seats each, one hot event", group4},
	{"best2", "the best two seats, from an empty house to the last seat", best2},
	{"life", "hold and pay", life},
	{"map304", "a seat map that the client knows already", map304},
	{"mapfull", "a whole seat map, packed", mapFull},
	{"many", "holds spread over many events", many},
	{"expiry", "many holds that end in the same second", expiry},
	{"lateness", "short holds that end one by one, beside many other keys in Redis", lateness},
	{"activation", "a large event's first request after a restart, and its memory", activation},
	{"overload", "twice the holds that can be made, and what becomes of the others", overload},
	{"growth", "holds in larger houses, and beside more bookings of the past", growth},
	{"half", "holds at half of what can be made, with a client that costs little", half},
	{"paced", "holds at a fixed rate", paced},
	{"soak", "all that visitors do, at half of saturation, and what grows", soak},
}

// bench is a scenario under way.
type bench struct {
	Settings
	*stage.Stage
	name   string
	out    io.Writer
	faults []error
}

// Perform carries the scenario out and reports to out. Its error names
// everything that was not as it must be.
func (s *Scenario) Perform(ctx context.Context, settings Settings, out io.Writer) error {
	b := &bench{Settings: settings, name: s.Name, out: out}
	b.say("\n%s: %s", s.Name, s.Title)
	err := s.perform(ctx, b)
	return errors.Join(append([]error{err}, b.faults...)...)
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

func (b *bench) fault(format string, args ...any) {
	b.faults = append(b.faults, fmt.Errorf(format, args...))
	b.say("  FAULT: "+format, args...)
}

// with sets a stage for some work and has Eventra's database checked after it.
func (b *bench) with(ctx context.Context, withReference bool, work func() error, extra ...string) (err error) {
	if b.Stage, err = stage.Open(ctx, b.Settings.Settings, withReference, extra...); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close(ctx)) }()
	if err := work(); err != nil {
		return err
	}
	started := time.Now()
	if err := b.Stage.Eventra.Check(ctx, b.Settings.Eventra); err != nil {
		b.fault("%v", err)
		return nil
	}
	b.say("  eventra check: clean, in %.1f s", time.Since(started).Seconds())
	return nil
}
