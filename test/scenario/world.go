package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra/test/certificates"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/ledger"
	"github.com/eventra/eventra/test/store"
)

// World is a cluster on stores of its own, and who uses it.
type World struct {
	*Report
	Settings  *Settings
	Stores    store.Stores
	Instances []*instance.Instance
	Targets   []*client.Target // of the instances, in their order
	Admin     *client.Admin
	Buyers    []*client.Buyer
	Ledger    *ledger.Ledger
	DB        *pgxpool.Pool
	machine   *machine
}

// Place is where one instance runs.
type Place struct {
	HTTP, Cluster string
	Binary        string   // the run's own if empty
	Wrapper       []string // a command that runs it elsewhere
	Stores        *store.Stores
}

const (
	startWithin = 30 * time.Second
	stopWithin  = 30 * time.Second
	buyers      = 8

	adminEmail, adminPassword = "root@eventra.test", "root-password"
	jwtSecret                 = "a-secret-of-the-cluster-test-of-32-bytes-or-more"
	drainDelay                = "500ms"
)

// newWorld starts n instances on the loopback interface.
func newWorld(ctx context.Context, s *Settings, r *Report, n int) (*World, error) {
	places, err := loopback(n)
	if err != nil {
		return nil, err
	}
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return newWorldAt(ctx, s, r, stores, places)
}

func loopback(n int) (places []Place, err error) {
	addresses, err := instance.FreeAddresses(2 * n)
	for i := 0; err == nil && i < n; i++ {
		places = append(places, Place{HTTP: addresses[2*i], Cluster: addresses[2*i+1]})
	}
	return places, err
}

// newWorldAt makes a world whose instances all run and are members of one
// cluster.
func newWorldAt(ctx context.Context, s *Settings, r *Report, stores store.Stores, places []Place) (*World, error) {
	w, err := prepare(ctx, s, r, stores, places)
	if err == nil {
		err = w.open(ctx)
	}
	if err != nil && w != nil {
		w.Close()
		return nil, err
	}
	return w, err
}

// prepare makes a world in which nothing runs yet.
func prepare(ctx context.Context, s *Settings, r *Report, stores store.Stores, places []Place) (*World, error) {
	folder, err := os.MkdirTemp(s.LogFolder, r.Scenario.Name+"-")
	if err != nil {
		return nil, err
	}
	files, by, err := certificates.Provide(ctx, s.Binary, folder)
	if err != nil {
		return nil, fmt.Errorf("certificates by %s: %w", by, err)
	}
	w := &World{Report: r, Settings: s, Stores: stores, Ledger: &ledger.Ledger{},
		Admin: &client.Admin{Email: adminEmail, Password: adminPassword}}
	if w.DB, err = pgxpool.New(ctx, stores.PostgresURL); err != nil {
		return nil, err
	}
	w.machine = watchMachine(s.Stores.PostgresURL)
	for i, place := range places {
		spec := instance.Spec{Name: fmt.Sprintf("i%d", i+1), Binary: place.Binary, HTTPAddress: place.HTTP, ClusterAddress: place.Cluster,
			Wrapper: place.Wrapper, LogFolder: folder}
		if spec.Binary == "" {
			spec.Binary = s.Binary
		}
		reached := stores
		if place.Stores != nil {
			reached = *place.Stores
		}
		spec.Environment = append(append(reached.Environment(), files.Environment()...),
			"EVENTRA_HTTP_ADDR="+place.HTTP, "EVENTRA_CLUSTER_LISTEN="+place.Cluster,
			"EVENTRA_JWT_SECRET="+jwtSecret, "EVENTRA_RATE_LIMITS=off", "EVENTRA_DRAIN_DELAY="+drainDelay,
			"EVENTRA_LOG_FORMAT=text", "EVENTRA_ADMIN_EMAIL="+adminEmail, "EVENTRA_ADMIN_PASSWORD="+adminPassword)
		w.Instances = append(w.Instances, instance.New(spec))
		w.Targets = append(w.Targets, client.NewTarget(spec.Name, place.HTTP))
	}
	w.Say("certificates by %s; logs in %s", by, filepath.Base(folder))
	return w, nil
}

// open starts all instances at once and lets buyers in.
func (w *World) open(ctx context.Context) error {
	if err := w.start(w.Instances...); err != nil {
		return err
	}
	return w.admit(ctx)
}

// start starts instances at once and waits until they are ready.
func (w *World) start(instances ...*instance.Instance) error {
	errs := make([]error, len(instances))
	var wg sync.WaitGroup
	for k, i := range instances {
		wg.Go(func() {
			if errs[k] = i.Start(); errs[k] == nil {
				errs[k] = i.WaitReady(startWithin)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// admit waits for the cluster to be whole, and registers buyers.
func (w *World) admit(ctx context.Context) error {
	if err := w.Admin.LogIn(w.Targets[0]); err != nil {
		return err
	}
	for len(w.Buyers) < buyers {
		b, err := client.Register(w.Targets[0], w.Ledger)
		if err != nil {
			return err
		}
		w.Buyers = append(w.Buyers, b)
	}
	took, err := w.waitWhole(ctx)
	if err == nil {
		w.Say("%d instances, one cluster after %v", len(w.Instances), took.Round(time.Millisecond))
	}
	return err
}

// Close kills what still runs.
func (w *World) Close() {
	late, commit := w.machine.Stop()
	w.Figure("machine", "longest wait for a CPU %v, longest commit %v", late.Round(time.Millisecond), commit.Round(time.Millisecond))
	for _, i := range w.Instances {
		if i.Running() {
			_ = i.Thaw() // a frozen process dies at once too, but let its log end well
			_ = i.Kill()
		}
	}
	w.DB.Close()
}
