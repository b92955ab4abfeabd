// Package certificates provides what members of a cluster know each other by.
package certificates

import (
	"context"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/eventra/eventra/test/instance"
)

// Files are a certificate authority and one member's certificate and key.
type Files struct{ CA, Certificate, Key string }

// Environment is how an instance is told of them.
func (f Files) Environment() []string {
	return []string{"EVENTRA_CLUSTER_CA=" + f.CA, "EVENTRA_CLUSTER_CERT=" + f.Certificate, "EVENTRA_CLUSTER_KEY=" + f.Key}
}

// Provide has Eventra's own subcommand make the files, where the binary knows
// it; otherwise it makes them here.
func Provide(ctx context.Context, binary, folder string) (files Files, by string, err error) {
	files = Files{filepath.Join(folder, "ca.crt"), filepath.Join(folder, "member.crt"), filepath.Join(folder, "member.key")}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if instance.Knows(ctx, binary, "certs") {
		return files, "eventra certs", exec.CommandContext(ctx, binary, "certs", folder).Run()
	}
	return files, "the runner", issue(files)
}
