package scenario

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/fault"
	"github.com/eventra/eventra/test/mailsink"
	"github.com/eventra/eventra/test/network"
	"github.com/eventra/eventra/test/store"
)

// faultWorld is a world in which everything can be taken away.
type faultWorld struct {
	*World
	ground *fault.Ground
	doors  []*client.Target // the instances, as buyers reach them
	lab    *network.Testbed // nil without root
	wires  []*network.Forwarder
	ready  readiness
}

const (
	faultInstances = 3
	// gatewayTimeout is short, so that payments that take long are common.
	gatewayTimeout = "3s"
)

func openFaultWorld(ctx context.Context, s *Settings, servers *store.Servers, r *Report) (w *faultWorld, err error) {
	w = &faultWorld{ground: &fault.Ground{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if w.ground.Mail, err = mailsink.Open(); err != nil {
		return w, err
	}
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return w, err
	}
	stores.SMTPURL = w.ground.Mail.URL()
	places, err := w.places(r, stores)
	if err != nil {
		return w, err
	}
	if w.World, err = prepare(ctx, s, r, stores, places); err != nil {
		return w, err
	}
	for n, i := range w.Instances {
		i.Environment = append(i.Environment, "EVENTRA_PAYMENT_TIMEOUT="+gatewayTimeout)
		if err := w.addDoor(n); err != nil {
			return w, err
		}
	}
	w.ground.Instances = w.Instances
	w.ground.Postgres, w.ground.Redis = servers.Postgres, servers.Redis
	return w, w.open(ctx)
}

// places gives each instance a namespace, where that can be had, and wires of
// its own to the stores.
func (w *faultWorld) places(r *Report, stores store.Stores) (places []Place, err error) {
	gateway := "127.0.0.1"
	if w.lab, err = network.Open(faultInstances); err != nil {
		r.Say("no partitions: %v", err)
		w.lab = nil
		if places, err = loopback(faultInstances); err != nil {
			return nil, err
		}
	} else {
		gateway = w.lab.Gateway
		w.ground.Nodes = w.lab.Nodes
		for _, node := range w.lab.Nodes {
			places = append(places, Place{HTTP: node.Address + ":8080", Cluster: node.Address + ":9000", Wrapper: node.Command()})
		}
	}
	for n := range places {
		wires := map[string]*network.Forwarder{}
		reached, err := stores.Via(func(name, address string) (string, error) {
			f, err := network.Forward(gateway+":0", address)
			if err != nil {
				return "", err
			}
			w.wires = append(w.wires, f)
			wires[name] = f
			return f.Address(), nil
		})
		if err != nil {
			return nil, err
		}
		places[n].Stores = &reached
		w.ground.Wires = append(w.ground.Wires, wires)
	}
	return places, nil
}

// addDoor is how buyers reach an instance.
func (w *faultWorld) addDoor(n int) error {
	door, err := network.Forward("127.0.0.1:0", w.Instances[n].HTTPAddress)
	if err != nil {
		return err
	}
	w.wires = append(w.wires, door)
	w.ground.Doors = append(w.ground.Doors, door)
	w.doors = append(w.doors, client.NewTarget(w.Instances[n].Name, door.Address()))
	return nil
}

// Close ends everything that the world has started.
func (w *faultWorld) Close() (err error) {
	if w.World != nil {
		w.World.Close()
	}
	for _, wire := range w.wires {
		wire.Close()
	}
	if w.lab != nil {
		err = w.lab.Close()
	}
	if w.ground.Mail != nil {
		w.ground.Mail.Close()
	}
	return err
}

// watchForDeaths looks for instances that end although nobody ends them, and
// starts them again, until the function that it returns is called.
func (w *faultWorld) watchForDeaths() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause(ctx, 200*time.Millisecond) == nil {
			for n, i := range w.Instances {
				if w.ground.Died(n) {
					w.Fail("%s ended by itself: see %s", i.Name, i.LogPath())
					_ = i.Start() // what comes of it is seen when all are to be ready
				}
			}
		}
	}()
	return func() { cancel(); <-done }
}

// settleWithin is how long anything may take to be well after the last fault:
// an instance that could not join, a grace that runs, a lease of a mail.
const settleWithin = 90 * time.Second

// settle waits until all instances are ready and one cluster, and no hold or
// payment is overdue.
func (w *faultWorld) settle(ctx context.Context) error {
	healed := time.Now()
	for _, i := range w.Instances {
		if err := i.WaitReady(settleWithin); err != nil {
			return err
		}
	}
	if err := w.Admin.LogIn(w.Targets[0]); err != nil {
		return err
	}
	if _, err := w.waitWhole(ctx); err != nil {
		return err
	}
	w.Figure("whole after the last fault", "%.1f s", time.Since(healed).Seconds())
	overdue := 0
	err := until(ctx, settleWithin, "no hold and no payment to be overdue", func() bool {
		return w.DB.QueryRow(ctx, overdueSQL).Scan(&overdue) == nil && overdue == 0
	})
	if err != nil {
		w.Fail("%d holds and payments are overdue: %v", overdue, err)
	}
	w.Figure("nothing overdue after the last fault", "%.1f s", time.Since(healed).Seconds())
	return nil
}

const overdueSQL = `
SELECT (SELECT count(*) FROM bookings WHERE status = 'HELD' AND greatest(expires_at, paying_until) < now() - interval '1 second')
     + (SELECT count(*) FROM payments WHERE status IN ('PENDING', 'REFUND_PENDING'))`
