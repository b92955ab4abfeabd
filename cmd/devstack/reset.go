package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/eventra/eventra/cmd/devstack/internal/stack"
)

type resetCommand struct {
	Data string `help:"The data folder." default:".devstack" placeholder:"DIR"`
}

// Run deletes the data folder, and ends the processes of a killed run. It refuses while a run holds the folder.
func (c *resetCommand) Run() error {
	if _, err := os.Stat(c.Data); errors.Is(err, os.ErrNotExist) {
		fmt.Printf("%s does not exist, there is nothing to delete\n", c.Data)
		return nil
	}
	folder, err := stack.OpenFolder(c.Data)
	if err != nil {
		return err
	}
	if err := folder.Delete(); err != nil {
		return err
	}
	fmt.Printf("%s is deleted\n", c.Data)
	return nil
}
