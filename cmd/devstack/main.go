// Devstack runs Eventra, or any command such as the tests, on a private stack of real servers: PostgreSQL, Redis, MongoDB
// (FerretDB where it is not installed) and a mail catcher, all on free ports of the loopback interface.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Run   runCommand   `cmd:"" help:"Run Eventra on a stack that keeps its data: migrate, seed, serve."`
	Exec  execCommand  `cmd:"" help:"Run a command on a stack of its own, which is deleted afterwards."`
	Reset resetCommand `cmd:"" help:"Delete the data of the stack of run."`
}

func main() {
	var commands cli
	command := kong.Parse(&commands, kong.Name("devstack"), kong.UsageOnError(),
		kong.Description("Runs Eventra and its tests on a private stack of real servers."))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // so that a second Ctrl-C ends the launcher at once
	}()
	command.BindTo(ctx, (*context.Context)(nil))

	err := command.Run()
	var code exitCode
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, "devstack:", err)
		os.Exit(1)
	}
}
