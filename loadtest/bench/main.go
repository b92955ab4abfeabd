// Command bench measures Eventra and the reference server on one machine, together
// with their stores and the client. Run it by `make bench-http`; loadtest/README.md
// explains the results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/eventra/eventra/loadtest/bench/report"
	"github.com/eventra/eventra/loadtest/bench/scenario"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/test/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-http:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	var settings scenario.Settings
	only := flag.String("run", "hold,refuse", "the `scenarios`, separated by commas; each is a regular expression for whole names")
	list := flag.Bool("list", false, "list the scenarios and exit")
	connections := flag.String("c", "64,256", "numbers of `connections`, separated by commas")
	flag.DurationVar(&settings.For, "for", 10*time.Second, "the length of a run")
	flag.IntVar(&settings.Runs, "n", 5, "`runs` of each variant")
	flag.IntVar(&settings.Seats, "seats", 100_000, "seats of a hot event")
	flag.BoolVar(&settings.Scatter, "scatter", false, "request scattered seats instead of row by row")
	flag.Float64Var(&settings.Rate, "rate", 1000, "holds a second, of paced, lateness, expiry and cancelled")
	flag.IntVar(&settings.Events, "events", 2000, "events, of many")
	flag.IntVar(&settings.Holds, "holds", 50_000, "holds that end in the same second, of expiry; sold seats of cancelled")
	flag.IntVar(&settings.Bookings, "bookings", 5_000_000, "past bookings, of growth")
	flag.IntVar(&settings.Buyers, "buyers", 10_000, "buyers, of crowd")
	flag.DurationVar(&settings.Think, "think", 2*time.Second, "what a buyer of crowd thinks before each step, on average")
	folder := flag.String("report", "", "the `folder` that gets results.md, results.json and chart.svg; none if empty")
	flag.IntVar(&settings.Users, "users", 32, "users that hold seats")
	flag.StringVar(&settings.Eventra, "eventra", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.Reference, "reference", "bin/reference", "the reference server's `program`")
	flag.StringVar(&settings.Against, "against", "", "the `program` of another build of Eventra, which hold and group4 measure instead of the reference server")
	flag.StringVar(&settings.LogLevel, "log-level", "warn", "Eventra's log level; info logs each request, which the reference server does not")
	flag.StringVar(&settings.LogFolder, "logs", "bin/bench-logs", "the `folder` of the servers' logs")
	flag.StringVar(&settings.Profiles, "profiles", "", "the `folder` of Eventra's profiles, for go tool pprof; none if empty")
	flag.Parse()
	settings.RateLimits, settings.Progress = "off", os.Stderr

	if *list {
		for _, s := range scenario.All {
			fmt.Printf("%-12s %s\n", s.Name, s.Title)
		}
		return nil
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	if settings.Connections, err = numbers(*connections); err != nil {
		return err
	}
	if err := prepare(&settings.Settings); err != nil {
		return err
	}
	fmt.Printf("%s, %d CPUs, machine load %s; runs of %v, %d of each variant; times of wrk are corrected for coordinated omission\n",
		time.Now().Format(time.DateTime), runtime.NumCPU(), system.MachineLoad(), settings.For, settings.Runs)
	if *folder != "" {
		settings.Report = report.New(flags())
		defer func() { err = errors.Join(err, settings.Report.Write(*folder)) }()
	}
	for _, s := range chosen {
		if e := s.Perform(ctx, settings, os.Stdout); e != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", s.Name, e))
		}
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	return err
}

// flags returns the settings of the command line.
func flags() map[string]any {
	settings := map[string]any{}
	flag.VisitAll(func(f *flag.Flag) { settings[f.Name] = f.Value.String() })
	return settings
}

func choose(names string) (chosen []scenario.Scenario, err error) {
	matching, err := regexp.Compile("^(" + strings.ReplaceAll(names, ",", "|") + ")$")
	if err != nil {
		return nil, err
	}
	for _, s := range scenario.All {
		if matching.MatchString(s.Name) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("no scenario matches -run; -list lists them")
	}
	return chosen, nil
}

func numbers(list string) (numbers []int, err error) {
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-c: %q is not a number of connections", part)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

func prepare(settings *system.Settings) (err error) {
	if _, err := exec.LookPath("wrk"); err != nil {
		return errors.New("wrk is not installed: scripts/deps wrk installs it")
	}
	if settings.Stores, err = store.FromEnvironment(); err != nil {
		return err
	}
	for _, path := range []*string{&settings.Eventra, &settings.Reference, &settings.Against, &settings.LogFolder} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	for _, folder := range []string{settings.LogFolder, settings.Profiles} {
		if folder == "" {
			continue
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	return nil
}
