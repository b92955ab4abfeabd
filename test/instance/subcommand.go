package instance

import (
	"context"
	"os/exec"
	"regexp"
	"time"
)

// HasSubcommand reports whether a binary has a subcommand. Older builds lack some.
func HasSubcommand(ctx context.Context, binary, subcommand string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	help, _ := exec.CommandContext(ctx, binary, "--help").CombinedOutput() // without help text it has none
	return regexp.MustCompile(`(?m)^\s+` + regexp.QuoteMeta(subcommand) + `\b`).Match(help)
}
