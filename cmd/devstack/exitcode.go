package main

import "fmt"

// exitCode is how a command says with which code to end, without a further message.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// passOn is the error with which to end after a child's exit code.
func passOn(code int) error {
	if code == 0 {
		return nil
	}
	return exitCode(code)
}
