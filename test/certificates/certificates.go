// Package certificates provides the TLS files by which members of a cluster
// authenticate each other.
package certificates

import (
	"context"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/eventra/eventra/test/instance"
)

// Files are the paths of a certificate authority and of a member's certificate
// and key.
type Files struct{ CA, Certificate, Key string }

// Environment returns the settings that name the files to an instance.
func (f Files) Environment() []string {
	return []string{"EVENTRA_CLUSTER_CA=" + f.CA, "EVENTRA_CLUSTER_CERT=" + f.Certificate, "EVENTRA_CLUSTER_KEY=" + f.Key}
}

// Provide writes the files into folder, by `eventra certs` if the binary has
// that subcommand, else by itself. It returns the name of the issuer that it
// used.
func Provide(ctx context.Context, binary, folder string) (files Files, issuer string, err error) {
	files = Files{filepath.Join(folder, "ca.crt"), filepath.Join(folder, "member.crt"), filepath.Join(folder, "member.key")}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if instance.HasSubcommand(ctx, binary, "certs") {
		return files, "eventra certs", exec.CommandContext(ctx, binary, "certs", folder).Run()
	}
	return files, "the runner", issue(files)
}
