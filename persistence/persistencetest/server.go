package persistencetest

import (
	"fmt"
	"os"
	"testing"
)

// Server returns the URL of a server of the development stack, which the environment variable names.
//
// Without the stack, none of the tests that need it can pass. Then the first of them ends its test binary with one line that
// says what to run, instead of an error for each.
func Server(t testing.TB, variable string) string {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" {
		fmt.Fprintf(os.Stderr, "%s needs the development stack: run `make test`, or `make test-one RUN=%[1]s`\n", t.Name())
		os.Exit(1)
	}
	return url
}
