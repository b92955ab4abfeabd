package wrk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
)

// Load is the load of one run.
type Load struct {
	Connections int
	For         time.Duration // whole seconds
}

const (
	// responseTimeout is when a missing response counts as an error.
	responseTimeout = 10 * time.Second
	// endTimeout is how long wrk may take to end after the run.
	endTimeout = 20 * time.Second
)

// Run runs wrk with a script against the server at an address. The result has the
// status 200 for all responses below 400, and 400 for all others: the server can
// count the exact ones without costing the client any CPU.
func Run(ctx context.Context, address, script string, load Load) (result stats.Result, err error) {
	file, err := os.CreateTemp("", "eventra-bench-*.lua")
	if err != nil {
		return result, err
	}
	defer os.Remove(file.Name())
	if _, err := file.WriteString(script); err != nil {
		return result, err
	}
	if err := file.Close(); err != nil {
		return result, err
	}
	ctx, cancel := context.WithTimeout(ctx, load.For+endTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, "wrk", "-t1", fmt.Sprintf("-c%d", load.Connections),
		fmt.Sprintf("-d%ds", max(1, int(load.For/time.Second))), "--timeout", fmt.Sprintf("%ds", int(responseTimeout/time.Second)),
		"-s", file.Name(), "http://"+address+"/")
	out, err := command.CombinedOutput()
	if err != nil {
		return result, fmt.Errorf("wrk: %w: %s", err, out)
	}
	return parse(out)
}

// ErrRanOut reports that there were fewer seats than requests, so that the result is
// not one of accepted holds.
var ErrRanOut = errors.New("the seats ran out before the time did")

var marker = []byte("RESULT ")

// parse parses the line that the script's done function printed.
func parse(out []byte) (result stats.Result, err error) {
	_, line, found := bytes.Cut(out, marker)
	if !found {
		return result, fmt.Errorf("wrk printed no result: %s", out)
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	var told struct {
		TookMicros, Requests, Status, Connect, Read, Write, Timeout, P50, P99, Max int64
		RanOut                                                                     bool
	}
	if err := json.Unmarshal(line, &told); err != nil {
		return result, fmt.Errorf("wrk's result: %w: %s", err, line)
	}
	micros := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
	result = stats.Result{
		Took: micros(told.TookMicros), Requests: told.Requests,
		Errors: told.Connect + told.Read + told.Write + told.Timeout,
		P50:    micros(told.P50), P99: micros(told.P99), Max: micros(told.Max),
		Statuses: map[int]int64{200: told.Requests - told.Status, 400: told.Status},
	}
	if told.RanOut {
		err = ErrRanOut
	}
	return result, err
}
