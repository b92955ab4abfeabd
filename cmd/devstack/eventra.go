package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/eventra/eventra/cmd/devstack/internal/proc"
	"github.com/eventra/eventra/cmd/devstack/internal/stack"
)

// eventra is the program that is being developed.
type eventra struct {
	binary string
	env    []string
	folder *stack.Folder
}

func (e eventra) start(subcommand string, stdout, stderr *os.File) (*proc.Process, error) {
	return proc.Start(proc.Spec{
		Name:   "eventra-" + subcommand,
		Path:   e.binary,
		Args:   []string{subcommand},
		Env:    e.env,
		Stdout: stdout,
		Stderr: stderr,

		// When the launcher is killed, the stores go too, and Eventra cannot stop in good order without them.
		DeathSignal: syscall.SIGKILL,
	}, e.folder.PIDs())
}

// finish runs a subcommand to its end. What it says goes to a log, which is shown if it fails.
func (e eventra) finish(ctx context.Context, subcommand string, patience time.Duration) error {
	log, err := e.folder.OpenLog(subcommand)
	if err != nil {
		return err
	}
	defer log.Close()
	process, err := e.start(subcommand, log, log)
	if err != nil {
		return err
	}
	select {
	case <-process.Done():
	case <-ctx.Done():
		process.Stop(patience)
		return context.Cause(ctx)
	case <-time.After(patience):
		process.Kill()
		return fmt.Errorf("eventra %s has not ended after %v", subcommand, patience)
	}
	if code := process.ExitCode(); code != 0 {
		said, _ := os.ReadFile(log.Name())
		fmt.Fprintf(os.Stderr, "devstack: eventra %s failed with exit code %d and said (%s):\n%s", subcommand, code, log.Name(), said)
		return exitCode(code)
	}
	return nil
}

// awaitReady waits until /readyz answers 200.
func awaitReady(ctx context.Context, process *proc.Process, url string, patience time.Duration) error {
	deadline := time.After(patience)
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()

	for {
		lastErr := askReady(ctx, url)
		if lastErr == nil {
			return nil
		}
		select {
		case <-process.Done():
			fmt.Fprintf(os.Stderr, "devstack: eventra serve ended before it was ready, with exit code %d\n", process.ExitCode())
			return exitCode(max(process.ExitCode(), 1))
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-deadline:
			return fmt.Errorf("eventra serve is not ready after %v: %w", patience, lastErr)
		case <-pause.C:
		}
	}
}

func askReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET /readyz answers %s", response.Status)
	}
	return nil
}
