package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/eventra/eventra/cmd/devstack/internal/proc"
	"github.com/eventra/eventra/cmd/devstack/internal/stack"
)

// commandPatience is how long an interrupted command may take to end.
const commandPatience = 30 * time.Second

type execCommand struct {
	Data     string   `help:"Keep the data in this folder." placeholder:"DIR" xor:"standby"`
	Volatile bool     `help:"Let PostgreSQL not wait for the disk. For tests, whose data need not survive a power cut."`
	Standby  bool     `help:"Let each commit of PostgreSQL wait for a standby, a second server." xor:"standby"`
	Command  []string `arg:"" passthrough:"" help:"The command and its arguments, after --."`
}

// Run runs the command and ends with its exit code.
func (c *execCommand) Run(ctx context.Context) (err error) {
	command := c.Command
	if command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 {
		return errors.New("no command; use devstack exec -- COMMAND ARGS…")
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, "devstack:", err)
		return exitCode(127) // as the shells do
	}

	folder, err := c.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()

	folder.Volatile, folder.Standby = c.Volatile, c.Standby
	servers, err := stack.Start(ctx, folder)
	if err != nil {
		return err
	}
	defer servers.Stop()

	process, err := proc.Start(proc.Spec{
		Name: "command", Path: path, Args: command[1:], Env: environment(servers.Env()),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		ShareTerminal: isatty.IsTerminal(os.Stdin.Fd()),
	}, folder.PIDs())
	if err != nil {
		return err
	}
	return attend(ctx, process, servers)
}

func (c *execCommand) folder() (*stack.Folder, error) {
	if c.Data != "" {
		return stack.OpenFolder(c.Data)
	}
	return stack.TempFolder()
}

// attend waits for the command to end. It reports a server that ends by itself and goes on waiting: the command may be a test
// that notices, too, and reports more.
func attend(ctx context.Context, command *proc.Process, servers *stack.Stack) error {
	for {
		select {
		case <-command.Done():
			return passOn(command.ExitCode())
		case <-ctx.Done():
			command.Stop(commandPatience)
			return passOn(command.ExitCode())
		case err := <-servers.Failed():
			fmt.Fprintln(os.Stderr, "devstack:", err)
		}
	}
}
