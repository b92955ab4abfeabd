package fault

import (
	"errors"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/wait"
)

func cutStore(a *Injection) error {
	link := a.StoreLinks[a.Victim][a.Store]
	link.Cut()
	a.note(fmt.Sprintf("i%d is cut off from %s, for %v", a.Victim+1, a.Store, round(a.For)))
	a.last()
	link.Heal()
	return nil
}

func stallStore(a *Injection) error {
	link := a.StoreLinks[a.Victim][a.Store]
	link.Stall()
	a.note(fmt.Sprintf("i%d's connections to %s stall, for %v", a.Victim+1, a.Store, round(a.For)))
	a.last()
	link.Heal()
	return nil
}

func slowStores(a *Injection) error {
	for _, link := range a.StoreLinks[a.Victim] {
		link.Slow(a.Delay)
	}
	a.note(fmt.Sprintf("i%d's connections to its stores take %v longer each way, for %v", a.Victim+1, a.Delay.Round(time.Millisecond), round(a.For)))
	a.last()
	for _, link := range a.StoreLinks[a.Victim] {
		link.Heal()
	}
	return nil
}

// cutPause is the pause between two cuts, long enough for requests to be under way.
const cutPause = 300 * time.Millisecond

func cutClients(a *Injection) error {
	link := a.ClientLinks[a.Victim]
	a.note(fmt.Sprintf("of i%d, for %v", a.Victim+1, round(a.For)))
	for end := time.Now().Add(a.For); time.Now().Before(end) && a.ctx.Err() == nil; {
		link.Cut()
		link.Heal()
		_ = wait.Sleep(a.ctx, cutPause) // the loop looks at the context
	}
	return nil
}

func partition(a *Injection) error {
	var err error
	for n, other := range a.Nodes {
		if n != a.Victim {
			err = errors.Join(err, a.Nodes[a.Victim].CutHost(other.Address))
		}
	}
	a.note(fmt.Sprintf("i%d is cut off from its peers, for %v", a.Victim+1, round(a.For)))
	a.last()
	return errors.Join(err, a.Nodes[a.Victim].Heal())
}

func split(a *Injection) error {
	err := a.Nodes[a.Victim].CutHost(a.Nodes[a.Other].Address)
	a.note(fmt.Sprintf("i%d and i%d do not reach each other, for %v", a.Victim+1, a.Other+1, round(a.For)))
	a.last()
	return errors.Join(err, a.Nodes[a.Victim].Heal())
}
