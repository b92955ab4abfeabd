// Command eventra sells seats: see `eventra --help`.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

// commands are the subcommands, each in a file of its own.
type commands struct {
	Serve        serveCommand        `cmd:"" help:"Serve the API until SIGINT, SIGTERM or SIGHUP."`
	Migrate      migrateCommand      `cmd:"" help:"Bring the database schema up to date, or list migrations."`
	Seed         seedCommand         `cmd:"" help:"Load demo data if it is missing: two users, two events."`
	Admin        adminCommand        `cmd:"" help:"Manage administrators."`
	Mail         mailCommand         `cmd:"" help:"List or retry mails that could not be delivered."`
	Customer     customerCommand     `cmd:"" help:"Erase customers of shops."`
	Cancellation cancellationCommand `cmd:"" help:"Refund the buyers of events that an earlier release cancelled."`
	Check        checkCommand        `cmd:"" help:"Look for broken invariants in a database, live or not. It only reads."`
	Restored     restoredCommand     `cmd:"" help:"Make a database safe that was restored to an earlier point, before an instance runs on it."`
	Certs        certsCommand        `cmd:"" help:"Make the certificates by which the members of a cluster know each other, if they are missing or expire soon."`
	Health       healthCommand       `cmd:"" help:"Ask the server of this configuration whether it is alive."`
	Version      versionCommand      `cmd:"" help:"Print the version."`

	VersionFlag kong.VersionFlag `name:"version" help:"Print the version."`
}

type versionCommand struct{}

func (versionCommand) Run() error {
	_, err := fmt.Println("eventra", version)
	return err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	defer stop()
	context.AfterFunc(ctx, func() {
		signal.Ignore(syscall.SIGHUP) // a terminal that closes sends it more than once
		stop()                        // a second signal of another kind ends the program at once
	})
	cli := kong.Parse(&commands{}, kong.Name("eventra"), kong.UsageOnError(),
		kong.Description("An event-ticketing service. Configuration comes from EVENTRA_… environment variables."),
		kong.Vars{"version": "eventra " + version},
		kong.BindTo(ctx, (*context.Context)(nil)))
	cli.FatalIfErrorf(cli.Run())
}

// stopSignals end the program in good order. A program that was started to outlive its
// terminal, as by nohup, goes on ignoring SIGHUP.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
