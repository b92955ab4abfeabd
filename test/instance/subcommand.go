package instance

import (
	"context"
	"os/exec"
	"regexp"
	"time"
)

// Knows reports whether a binary has a subcommand; older ones lack some.
func Knows(ctx context.Context, binary, subcommand string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	help, _ := exec.CommandContext(ctx, binary, "--help").CombinedOutput() // without an answer, it knows nothing
	return regexp.MustCompile(`(?m)^\s+` + regexp.QuoteMeta(subcommand) + `\b`).Match(help)
}
