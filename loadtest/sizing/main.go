// Command sizing computes Eventra's limits from measured costs and prints them as Markdown tables: what saturates first, how
// many instances and databases a sale needs, what a million holds cost, and how evenly events fall on databases.
// docs/SCALE.md draws the conclusions.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

type settings struct {
	workload  workload
	hardware  hardware
	prices    prices
	constants bool
	events    int
	skew      float64
	sigma     float64
	runs      int
	seed      uint64
}

func parse(args []string) (s settings, err error) {
	f := flag.NewFlagSet("sizing", flag.ContinueOnError)
	w, h, p := &s.workload, &s.hardware, &s.prices
	f.IntVar(&w.hot, "hot", 10, "events on sale at once")
	f.Float64Var(&w.hottest, "hottest", 5_000, "accepted holds a second, of the busiest event")
	f.Float64Var(&w.seats, "seats", 2, "seats of a booking")
	f.Float64Var(&w.confirmed, "confirmed", 0.5, "share of holds that are paid for")
	f.Float64Var(&w.refusals, "refusals", 2, "refusals per accepted hold")
	f.Float64Var(&w.keys, "keys", 1, "share of holds and payments with an Idempotency-Key")
	f.Float64Var(&w.minutes, "minutes", 10, "duration of the peak")
	f.Float64Var(&w.retentionDays, "retention", 365, "days that bookings are kept")
	f.Float64Var(&h.instanceCores, "instance-cores", 8, "cores of an instance")
	f.Float64Var(&h.postgresCores, "postgres-cores", 16, "cores of a database")
	logMB := f.Float64("log-mb", 200, "MB/s of log that a database's disk and standby can write")
	netMB := f.Float64("net-mb", 125, "MB/s of an instance's network")
	f.Float64Var(&h.connections, "connections", 97, "connections of a database: max_connections less those reserved")
	roundTripMS := f.Float64("round-trip", 1, "ms that network and standby add to a commit")
	f.Float64Var(&h.use, "use", 0.6, "share of each resource to plan with")
	f.Float64Var(&p.coreHour, "core-hour", 0.04, "price of a core for an hour, an example")
	f.Float64Var(&p.gbMonth, "gb-month", 0.12, "price of a GB of disk for a month, an example")
	f.Float64Var(&p.logGB, "log-gb", 0.02, "price of a GB of archived log, an example")
	f.BoolVar(&s.constants, "constants", false, "print the constants as well")
	f.IntVar(&s.events, "events", 200, "events of the simulation")
	f.Float64Var(&s.skew, "skew", 1, "skew of their demand: Zipf's exponent")
	f.Float64Var(&s.sigma, "sigma", 0.7, "sigma of the forecast's log-normal error: 0.7 is a factor of two")
	f.IntVar(&s.runs, "runs", 1_000, "runs of the simulation")
	f.Uint64Var(&s.seed, "seed", 1, "seed of the simulation")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	h.logBytes, h.netBytes, h.roundTrip = *logMB*1e6, *netMB*1e6, *roundTripMS/1e3
	// The hottest event is the first of a Zipf distribution over those on sale.
	w.total = w.hottest / zipf(max(1, w.hot), s.skew)[0]
	return s, s.check()
}

func (s settings) check() error {
	for _, c := range []struct {
		ok   bool
		what string
	}{
		{s.workload.hottest > 0 && s.workload.seats >= 1 && s.workload.refusals >= 0, "-hottest, -seats and -refusals"},
		{s.workload.confirmed >= 0 && s.workload.confirmed <= 1 && s.workload.keys >= 0 && s.workload.keys <= 1, "-confirmed and -keys"},
		{s.hardware.use > 0 && s.hardware.use <= 1, "-use"},
		{min(s.hardware.instanceCores, s.hardware.postgresCores, s.hardware.logBytes, s.hardware.netBytes) > 0, "the hardware"},
		{s.events > 0 && s.runs > 0 && s.skew >= 0 && s.sigma >= 0, "the simulation"},
	} {
		if !c.ok {
			return fmt.Errorf("out of range: %s", c.what)
		}
	}
	return nil
}

func main() {
	s, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "sizing:", err)
		os.Exit(2)
	}
	s.print(os.Stdout)
}

func (s settings) print(out io.Writer) {
	w, h := s.workload, s.hardware
	if s.constants {
		printConstants(out)
	}
	table(out, "Accepted holds a second, at most", "for each", "limit", "holds/s")
	for _, of := range []string{"event", "instance", "database", "whole"} {
		for _, l := range limits(w, h) {
			if l.of == of {
				row(out, l.of, l.what, number(l.rate))
			}
		}
	}
	p := planFor(w, h)
	table(out, fmt.Sprintf("%d events, %s holds/s in all, %s of them for the hottest", w.hot, number(w.total), number(w.hottest)), "what", "number")
	row(out, "the hottest event fits", fmt.Sprint(p.possible))
	row(out, "instances", fmt.Sprint(p.instances))
	row(out, "databases", fmt.Sprint(p.databases))
	row(out, "Redis servers", fmt.Sprint(p.caches))
	row(out, "connections at each database", fmt.Sprintf("%.0f of %.0f", p.conns, h.connections))
	row(out, "instances that these connections allow", fmt.Sprint(membersMax(h)))
	row(out, "cores of the first database for leases", fmt.Sprintf("%.4f", p.members))
	row(out, "pings between members, a second", number(pings(float64(p.instances))))
	row(out, "log in the peak", fmt.Sprintf("%.1f GB", w.total*w.minutes*60*w.logBytes()/1e9))
	printCosts(out, costs(w, h, s.prices, float64(p.instances)))
	s.printPlacing(out)
}

func printConstants(out io.Writer) {
	table(out, "Constants", "what", "value", "unit", "from")
	for _, c := range constants {
		value, unit := c.value, c.unit
		if unit == "s" {
			value, unit = value*1e6, "µs"
		}
		row(out, c.what, number(value), unit, c.source)
	}
}

func printCosts(out io.Writer, costs []cost) {
	table(out, "A million holds", "what", "takes", "", "costs")
	sum := 0.0
	for _, c := range costs {
		row(out, c.what, number(c.value), c.unit, fmt.Sprintf("%.4f", c.money))
		sum += c.money
	}
	row(out, "together", "", "", fmt.Sprintf("%.4f", sum))
}

func (s settings) printPlacing(out io.Writer) {
	title := fmt.Sprintf("The busiest database's load by the mean, %d events, Zipf %g, forecast off by sigma %g, %d runs",
		s.events, s.skew, s.sigma, s.runs)
	table(out, title, "databases", "placing", "moved before the sale", "mean", "95 %", "no placing is below")
	for _, databases := range []int{2, 4, 8} {
		for _, p := range placings {
			for _, moved := range []int{0, 2 * databases} {
				r := simulate(p, moved, s.events, databases, s.runs, s.skew, s.sigma, s.seed)
				row(out, fmt.Sprint(databases), p.name, fmt.Sprint(moved), fmt.Sprintf("%.2f", r.mean), fmt.Sprintf("%.2f", r.p95), fmt.Sprintf("%.2f", r.floor))
			}
		}
	}
}

func table(out io.Writer, title string, columns ...string) {
	fmt.Fprintf(out, "\n**%s**\n\n", title)
	row(out, columns...)
	for range columns {
		fmt.Fprint(out, "|---")
	}
	fmt.Fprintln(out, "|")
}

func row(out io.Writer, cells ...string) {
	for _, cell := range cells {
		fmt.Fprintf(out, "| %s ", cell)
	}
	fmt.Fprintln(out, "|")
}

// number formats to three significant digits, or with thousands separators.
func number(v float64) string {
	if v < 1000 {
		return fmt.Sprintf("%.3g", v)
	}
	var text string
	for n := int64(v + 0.5); n > 0; n /= 1000 {
		if n < 1000 {
			return fmt.Sprint(n) + text
		}
		text = fmt.Sprintf(",%03d", n%1000) + text
	}
	return text
}
