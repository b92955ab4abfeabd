package main

import "fmt"

// exitCode is an error that ends the launcher with this code and without a message.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// passOn returns the error that ends the launcher with a child's exit code; nil for 0.
func passOn(code int) error {
	if code == 0 {
		return nil
	}
	return exitCode(code)
}
