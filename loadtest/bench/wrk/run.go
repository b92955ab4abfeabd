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

	"github.com/eventra/eventra/loadtest/bench/figures"
)

// Load is how hard a server is driven.
type Load struct {
	Connections int
	For         time.Duration // whole seconds
}

const (
	// answerTimeout is when an answer counts as an error.
	answerTimeout = 10 * time.Second
	// endPatience is what wrk gets to end in.
	endPatience = 20 * time.Second
)

// Run has wrk drive the server at an address by a script. The result has one
// status for all answers below 400 and one for all others, which tell nothing
// more: only the server can count them without costing the client its CPU.
func Run(ctx context.Context, address, script string, load Load) (result figures.Result, err error) {
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
	ctx, cancel := context.WithTimeout(ctx, load.For+endPatience)
	defer cancel()
	command := exec.CommandContext(ctx, "wrk", "-t1", fmt.Sprintf("-c%d", load.Connections),
		fmt.Sprintf("-d%ds", max(1, int(load.For/time.Second))), "--timeout", fmt.Sprintf("%ds", int(answerTimeout/time.Second)),
		"-s", file.Name(), "http://"+address+"/")
	out, err := command.CombinedOutput()
	if err != nil {
		return result, fmt.Errorf("wrk: %w: %s", err, out)
	}
	return parse(out)
}

// ErrRanOut says that there were fewer seats than requests: the figures are
// not those of accepted holds.
var ErrRanOut = errors.New("the seats ran out before the time did")

var marker = []byte("RESULT ")

// parse reads the line that the script's done wrote.
func parse(out []byte) (result figures.Result, err error) {
	_, line, found := bytes.Cut(out, marker)
	if !found {
		return result, fmt.Errorf("wrk said nothing of a result: %s", out)
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
	result = figures.Result{
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
