package harness

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// Main runs a program until it has ended or is interrupted, and exits with 1 if it has
// failed or could not go on.
func Main(name string, run func(context.Context) (passed bool, err error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	passed, err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

// ResolvePaths makes the settings' files and folders absolute, and makes the folder of logs.
func (s *Settings) ResolvePaths() (err error) {
	for _, path := range []*string{&s.Binary, &s.Next, &s.Before, &s.LogFolder} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	return os.MkdirAll(s.LogFolder, 0o755)
}
