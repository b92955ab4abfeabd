// Command nextversion is Eventra as a later release might be: it knows one kind
// of message more than the present one. The cluster scenario `versions` runs
// both in one cluster. It is never shipped.
//
// It is a program of the product's module, unlike the scenario, because it needs
// all of the product's dependencies and the scenario none of them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/eventra/eventra/cmd/eventra/app"
)

// version is set by the linker.
var version = "next"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 2 || os.Args[1] != "serve" {
		fmt.Fprintln(os.Stderr, "usage: nextversion serve")
		os.Exit(2)
	}
	if err := serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "nextversion:", err)
		os.Exit(1)
	}
}

// serve is `eventra serve`, the only subcommand here.
func serve(ctx context.Context) error {
	cfg, err := app.LoadServeConfig()
	if err != nil {
		return err
	}
	cfg.Version = version
	return app.Run(ctx, cfg, app.WithLoop(askNextKind))
}
