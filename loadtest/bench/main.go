// Command bench measures what one machine gives with everything on it:
// Eventra, the reference server, their stores and the client. Run it through
// `make bench-http`; loadtest/README.md says what the figures mean.
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

	"github.com/eventra/eventra/loadtest/bench/scenario"
	"github.com/eventra/eventra/loadtest/bench/stage"
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
	only := flag.String("run", "hold,refuse", "the `scenarios`, by commas; each is a regular expression for whole names")
	list := flag.Bool("list", false, "list the scenarios, and do nothing")
	connections := flag.String("c", "64,256", "`connections`, by commas")
	flag.DurationVar(&settings.For, "for", 10*time.Second, "the length of a run")
	flag.IntVar(&settings.Runs, "n", 5, "`runs` of each contender")
	flag.IntVar(&settings.Seats, "seats", 100_000, "of a hot event")
	flag.BoolVar(&settings.Scatter, "scatter", false, "ask for seats all over the house instead of row by row")
	flag.Float64Var(&settings.Rate, "rate", 1000, "holds a second, of paced and of expiry")
	flag.IntVar(&settings.Events, "events", 2000, "of many")
	flag.IntVar(&settings.Holds, "holds", 50_000, "that end in the same second, of expiry")
	flag.IntVar(&settings.Bookings, "bookings", 5_000_000, "of the past, of growth")
	flag.IntVar(&settings.Users, "users", 32, "who hold")
	flag.StringVar(&settings.Eventra, "eventra", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.Reference, "reference", "bin/reference", "the reference server's `program`")
	flag.StringVar(&settings.Against, "against", "", "another build of Eventra, a `program` that hold and group4 measure instead of the reference server")
	flag.StringVar(&settings.LogLevel, "log-level", "warn", "of Eventra; info writes a line for each request, which the reference server does not")
	flag.StringVar(&settings.LogFolder, "logs", "bin/bench-logs", "keep the servers' logs in this `folder`")
	flag.StringVar(&settings.Profiles, "profiles", "", "keep profiles of Eventra in this `folder`, for go tool pprof")
	flag.Parse()
	settings.RateLimits = "off"

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
	fmt.Printf("%s, %d CPUs, machine load %s; runs of %v, %d of each contender; times of wrk are corrected for waits that it did not see\n",
		time.Now().Format(time.DateTime), runtime.NumCPU(), stage.MachineLoad(), settings.For, settings.Runs)
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
		return nil, errors.New("no scenario has such a name; -list names them")
	}
	return chosen, nil
}

func numbers(list string) (numbers []int, err error) {
	for _, part := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-c: %q is no number of connections", part)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

func prepare(settings *stage.Settings) (err error) {
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
