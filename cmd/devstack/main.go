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
	Run   runCommand   `cmd:"" help:"Run Eventra on a stack whose data stays: migrate, seed, serve."`
	Exec  execCommand  `cmd:"" help:"Run a command on a stack made for it and thrown away afterwards."`
	Reset resetCommand `cmd:"" help:"Forget the data of the stack that run keeps."`
}

func main() {
	var commands cli
	command := kong.Parse(&commands, kong.Name("devstack"), kong.UsageOnError(),
		kong.Description("Runs Eventra and its tests on a private stack of real servers."))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C does not wait for anybody's good order
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
