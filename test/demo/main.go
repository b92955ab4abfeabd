// Command demo shows Eventra at work: three instances as a cluster behind a balancer, a
// crowd of buyers, and the live house to look at. Run it by `make demo`.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/store"
)

func main() { harness.Main("demo", run) }

const (
	instances = 3
	rateMax   = 2000
)

// The login of whoever watches.
const guestEmail, guestPassword = "you@eventra.test", "a-seat-for-you"

func run(ctx context.Context) (passed bool, err error) {
	settings := &harness.Settings{}
	address := flag.String("addr", "127.0.0.1:8080", "the `address` of the balancer")
	rate := flag.Float64("rate", 100, "how many `holds` are asked for in a second")
	flag.StringVar(&settings.Binary, "binary", "bin/eventra", "Eventra's `program`")
	flag.StringVar(&settings.LogFolder, "logs", "bin/demo-logs", "the `folder` of logs")
	flag.Parse()
	if *rate <= 0 || *rate > rateMax {
		return false, fmt.Errorf("-rate must be positive, and %d at most", rateMax)
	}
	if settings.Stores, err = store.FromEnvironment(); err != nil {
		return false, err
	}
	if err := settings.ResolvePaths(); err != nil {
		return false, err
	}
	begun := time.Now()
	cluster, err := harness.New(ctx, settings, harness.NewReport(harness.Scenario{Name: "demo"}, io.Discard), instances)
	if err != nil {
		return false, err
	}
	defer cluster.Close()
	fmt.Printf("Starting %d instances: %.0f s\n", instances, time.Since(begun).Seconds())
	front, err := openFront(*address, cluster.Instances)
	if err != nil {
		return false, err
	}
	defer front.close()
	return show(ctx, cluster, front, *rate)
}

// show sells one night after the other until it is interrupted.
func show(ctx context.Context, cluster *harness.Cluster, front *front, rate float64) (passed bool, err error) {
	at := client.NewTarget("front", front.address)
	if err := at.Expect(201, "POST", "/api/v1/auth/register", "", map[string]any{"email": guestEmail, "password": guestPassword, "name": "You"}, nil); err != nil {
		return false, err
	}
	crowd, err := gather(at)
	if err != nil {
		return false, err
	}
	for night := 1; ctx.Err() == nil; night++ {
		event, err := openNight(cluster.Admin, at, night)
		if err != nil {
			return false, err
		}
		fmt.Printf("\nNight %d is on sale: http://%s/events/%s\n", night, front.address, event)
		fmt.Printf("Log in there as %s, %s. Ctrl-C ends the demo.\n\n", guestEmail, guestPassword)
		if err := crowd.buy(ctx, event, rate); err != nil {
			return false, err
		}
	}
	fmt.Println("The house is closed.")
	return true, nil
}

// progress is how often a line says how the sale goes.
const progress = time.Second
