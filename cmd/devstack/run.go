package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/eventra/eventra/cmd/devstack/internal/stack"
)

const (
	// preparePatience bounds `eventra migrate` and `eventra seed`.
	preparePatience = 2 * time.Minute

	// readyPatience bounds the wait for `eventra serve`.
	readyPatience = time.Minute

	// servePatience is how long `eventra serve` may take to finish what is in flight; it has a bound of its own below this.
	servePatience = 45 * time.Second
)

type runCommand struct {
	Data   string `help:"The data folder." default:".devstack" placeholder:"DIR"`
	Addr   string `help:"The address to serve on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Binary string `arg:"" help:"Eventra's program, such as ./bin/eventra."`
}

// Run returns nil when it is interrupted, and Eventra's exit code when Eventra ends by itself.
func (c *runCommand) Run(ctx context.Context) (err error) {
	binary, err := exec.LookPath(c.Binary)
	if err != nil {
		return fmt.Errorf("%w; `make build` makes bin/eventra", err)
	}
	folder, err := stack.OpenFolder(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()

	// The check comes before the slow start, but after OpenFolder has ended the processes of a killed run, which may have the
	// port.
	if err := portIsFree(c.Addr); err != nil {
		return err
	}

	begun := time.Now()
	servers, err := stack.Start(ctx, folder)
	if err != nil {
		return unlessInterrupted(ctx, err)
	}
	defer servers.Stop()
	say("Starting PostgreSQL, Redis, MongoDB and a mail catcher", begun)

	program := eventra{binary: binary, env: c.environment(servers), folder: folder}
	return unlessInterrupted(ctx, c.serve(ctx, program, servers))
}

func (c *runCommand) environment(servers *stack.Stack) []string {
	env := environment(append(servers.Env(),
		"EVENTRA_HTTP_ADDR="+c.Addr,
		"EVENTRA_ADMIN_EMAIL="+demoAdmin.email,
		"EVENTRA_ADMIN_PASSWORD="+demoAdmin.password,
	))
	if os.Getenv("EVENTRA_LOG_FORMAT") == "" {
		env = append(env, "EVENTRA_LOG_FORMAT=text") // for people
	}
	return env
}

// serve returns when Eventra has ended.
func (c *runCommand) serve(ctx context.Context, program eventra, servers *stack.Stack) error {
	for _, step := range []struct{ what, subcommand string }{{"Migrating the database", "migrate"}, {"Loading the demo data", "seed"}} {
		begun := time.Now()
		if err := program.finish(ctx, step.subcommand, preparePatience); err != nil {
			return err
		}
		say(step.what, begun)
	}

	process, err := program.start("serve", os.Stdout, os.Stderr)
	if err != nil {
		return err
	}
	defer process.Stop(servePatience)

	url := baseURL(c.Addr)
	if err := awaitReady(ctx, process, url, readyPatience); err != nil {
		return err
	}
	fmt.Print(banner(url, servers.MailURL()))

	select {
	case <-ctx.Done():
		fmt.Println("\nStopping …")
		return nil
	case <-process.Done():
		fmt.Fprintf(os.Stderr, "devstack: eventra serve ended by itself with exit code %d\n", process.ExitCode())
		return passOn(process.ExitCode())
	case err := <-servers.Failed():
		return err
	}
}

// say writes what has been done, and how long it took, as scripts/step does.
func say(what string, begun time.Time) { fmt.Printf("%s: %.0f s\n", what, time.Since(begun).Seconds()) }

// unlessInterrupted drops the error of a run that was interrupted, because to be interrupted is to succeed.
func unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // this is the function's purpose
	}
	return err
}
