package main

import (
	"context"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/load"
	"github.com/eventra/eventra/test/wait"
)

var upgrade = harness.Scenario{
	Name:  "upgrade",
	Title: "the release before is replaced, an instance at a time, while floors, tickets by type and seats are sold and refunded",
	Run:   runUpgrade,
}

// Instances of the release before, and the present one's in the order of their start.
const upgradeBefore, upgradeNew = 2, 3

const (
	upgradeFloors = 6
	upgradePlaces = 120
	// upgradePause is how long each mixture of builds sells.
	upgradePause = 6 * time.Second
)

// upgradeSlots are the events of a mix of all operations.
var upgradeSlots = []load.Slot{
	{House: client.House{Rows: 4, SeatsPerRow: 8}, Terms: client.Terms{HoldFor: 5 * time.Second, Priced: true}, Lifetime: 5 * time.Second, Share: 0.3},
	{House: client.House{Rows: 3, SeatsPerRow: 8}, Terms: client.Terms{HoldFor: 5 * time.Second, MaxSeatsPerCustomer: 6, Places: 20}, Lifetime: 5 * time.Second, Share: 0.4},
	{House: client.House{Rows: 6, SeatsPerRow: 8}, Terms: client.Terms{HoldFor: 5 * time.Second, OrphanRule: "strict"}, Lifetime: 5 * time.Second, Share: 0.3},
}

func runUpgrade(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	configs, err := harness.Loopback(upgradeBefore + upgradeNew)
	if err != nil {
		return err
	}
	for n := range upgradeBefore {
		configs[n].Binary = s.Before
	}
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return err
	}
	prepared, err := harness.Prepare(ctx, s, r, stores, configs)
	if err != nil {
		return err
	}
	u := &upgrading{cluster: &cluster{prepared}}
	defer u.Close()
	if err := u.Start(u.Instances[:upgradeBefore]...); err != nil {
		return err
	}
	if err := u.Register(ctx); err != nil {
		return err
	}
	if err := u.Restart(ctx, u.Instances[upgradeBefore]); err != nil {
		return fmt.Errorf("the first instance of this release: %w", err)
	}
	return u.run(ctx)
}

// upgrading is a cluster of two builds.
type upgrading struct {
	*cluster
	crowds []*load.Crowd
}

func (u *upgrading) run(ctx context.Context) error {
	u.Admin.Recorder = u.Ledger
	if err := u.openFloors(); err != nil {
		return err
	}
	rotation := &load.Rotation{Slots: upgradeSlots, Open: func(slot load.Slot) (*client.Sale, error) {
		return u.Admin.OpenSaleOn(u.Targets[upgradeBefore], "Show", slot.House, slot.Terms)
	}}
	if err := rotation.Start(); err != nil {
		return err
	}
	defer rotation.Stop()
	mix := (&load.Mix{Rotation: rotation, Targets: u.Targets, Buyers: u.Buyers, Admin: u.Admin, Workers: 12, Pause: 100 * time.Millisecond, Seed: u.Settings.Seed}).Start()
	defer mix.Stop()
	for _, crowd := range u.crowds {
		crowd.Start()
		defer crowd.Stop()
	}
	for n := range upgradeBefore + 1 {
		began := time.Now()
		if err := wait.Sleep(ctx, upgradePause); err != nil {
			return err
		}
		u.sayMixture(upgradeBefore-n, began)
		if n == upgradeBefore {
			break
		}
		if err := u.replace(ctx, n); err != nil {
			return err
		}
	}
	mix.Stop()
	rotation.Stop()
	return u.sellOut(ctx, mix)
}

// openFloors opens sales with places, some of which members of the release before own.
func (u *upgrading) openFloors() error {
	for n := range upgradeFloors {
		sale, err := u.Admin.OpenSaleOn(u.Targets[upgradeBefore], fmt.Sprintf("Floor %d", n+1), client.House{Rows: 5, SeatsPerRow: 10},
			client.Terms{HoldFor: 5 * time.Second, Places: upgradePlaces})
		if err != nil {
			return err
		}
		u.crowds = append(u.crowds, &load.Crowd{Sale: sale, Targets: u.Targets, Buyers: u.Buyers, Clients: upgradePlaces / 2,
			Pause: 2 * time.Second, Seed: u.Settings.Seed + uint64(n)})
	}
	return nil
}

// replace stops an instance of the release before, and starts one of the present release.
func (u *upgrading) replace(ctx context.Context, n int) error {
	if err := u.Instances[n].Stop(harness.StopTimeout); err != nil {
		return err
	}
	return u.Restart(ctx, u.Instances[upgradeBefore+1+n])
}

// sayMixture reports the answers of each build since a moment.
func (u *upgrading) sayMixture(before int, since time.Time) {
	ops := load.Operations(u.Ledger.Since(since))
	for n, target := range u.Targets {
		if u.Instances[n].Running() {
			build := "this release"
			if n < upgradeBefore {
				build = "the release before"
			}
			u.Say("%d of the release before: at %s, of %s: %s", before, target.Name, build, ops.At(target.Name).Tally())
		}
	}
}

// sellOut sells what is left of the floors once all members are of this release.
func (u *upgrading) sellOut(ctx context.Context, loads ...harness.Load) error {
	for _, crowd := range u.crowds {
		crowd.Settle()
	}
	for _, crowd := range u.crowds {
		booked, err := u.soldOut(ctx, crowd.Sale)
		crowd.Stop()
		if err != nil || booked != upgradePlaces {
			u.Fail("%d of %d places are sold: %v", booked, upgradePlaces, err)
		}
		loads = append(loads, crowd)
	}
	u.Figure("answers", "%s", u.Operations().Tally())
	return u.Audit(ctx, u.Targets[upgradeBefore], loads...)
}
