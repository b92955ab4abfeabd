// Command members runs a command beside the members of a cluster, on stores of their own,
// and ends as the command ends:
//
//	bin/devstack exec -- bin/members -- COMMAND
//
// The command finds the addresses in EVENTRA_URLS, the administrator in EVENTRA_ADMIN_EMAIL
// and EVENTRA_ADMIN_PASSWORD, and the mails at EVENTRA_DEV_MAIL_URL. Settings of Eventra in
// the environment are the members', too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/store"
)

func main() { harness.Main("members", run) }

// The members are less strict than a new installation, so that a story meets no limit by
// accident. Their answers still say what is left.
var environment = []string{"EVENTRA_REQUIRE_VERIFIED_EMAIL=true", "EVENTRA_RATE_LIMITS=auth=1000/1m,reads=1000/1s,writes=1000/1s,bookings=1000/1s,mails=1000/1h"}

func run(ctx context.Context) (passed bool, err error) {
	settings := &harness.Settings{}
	n := flag.Int("n", 3, "the `number` of members")
	flag.StringVar(&settings.Binary, "binary", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.LogFolder, "logs", "bin/members-logs", "the `folder` of logs")
	flag.Parse()
	if flag.NArg() == 0 || *n < 1 {
		return false, errors.New("a command is missing, or -n is not positive")
	}
	if settings.Stores, err = store.FromEnvironment(); err != nil {
		return false, err
	}
	if err := settings.ResolvePaths(); err != nil {
		return false, err
	}
	configs, err := harness.Loopback(*n)
	if err != nil {
		return false, err
	}
	for k := range configs {
		configs[k].Environment = environment
	}
	stores, err := settings.Stores.Fresh(ctx)
	if err != nil {
		return false, err
	}
	cluster, err := harness.NewWith(ctx, settings, harness.NewReport(harness.Scenario{Name: "members"}, io.Discard), stores, configs)
	if err != nil {
		return false, err
	}
	defer cluster.Close()
	return beside(ctx, cluster, flag.Args())
}

// beside runs a command, and reports whether it succeeded.
func beside(ctx context.Context, cluster *harness.Cluster, line []string) (succeeded bool, err error) {
	var urls []string
	for _, i := range cluster.Instances {
		urls = append(urls, "http://"+i.HTTPAddress)
	}
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "EVENTRA_URLS="+strings.Join(urls, " "),
		"EVENTRA_ADMIN_EMAIL="+cluster.Admin.Email, "EVENTRA_ADMIN_PASSWORD="+cluster.Admin.Password)
	err = cmd.Run()
	if ended := new(exec.ExitError); errors.As(err, &ended) {
		fmt.Fprintf(os.Stderr, "members: %s: %v; their logs are in %s\n", line[0], err, cluster.Settings.LogFolder)
		return false, nil
	}
	return err == nil, err
}
