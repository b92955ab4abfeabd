// Devstack runs Eventra, or any command such as the tests, on a private stack of real servers: PostgreSQL, Redis, MongoDB
// (FerretDB where it is not installed) and a mail catcher, all on free ports of the loopback interface.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

type cli struct {
	Exec execCommand `cmd:"" help:"Run a command on a stack made for it and thrown away afterwards."`
}

// exitCode is how a command says with which code to end without a message.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func main() {
	var commands cli
	context := kong.Parse(&commands, kong.Name("devstack"), kong.UsageOnError(),
		kong.Description("Runs Eventra and its tests on a private stack of real servers."))

	err := context.Run()
	var code exitCode
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, "devstack:", err)
		os.Exit(1)
	}
}
