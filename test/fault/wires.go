package fault

import (
	"errors"
	"fmt"
	"time"
)

func cutWire(a *Act) error {
	wire := a.Wires[a.Victim][a.Store]
	wire.Cut()
	a.note(fmt.Sprintf("i%d has no %s, for %v", a.Victim+1, a.Store, round(a.For)))
	a.last()
	wire.Heal()
	return nil
}

func stallWire(a *Act) error {
	wire := a.Wires[a.Victim][a.Store]
	wire.Stall()
	a.note(fmt.Sprintf("i%d hears nothing of %s, for %v", a.Victim+1, a.Store, round(a.For)))
	a.last()
	wire.Heal()
	return nil
}

func slowWires(a *Act) error {
	for _, wire := range a.Wires[a.Victim] {
		wire.Slow(a.Delay)
	}
	a.note(fmt.Sprintf("i%d is %v from its stores, for %v", a.Victim+1, a.Delay.Round(time.Millisecond), round(a.For)))
	a.last()
	for _, wire := range a.Wires[a.Victim] {
		wire.Heal()
	}
	return nil
}

// cutPause parts two cuts of a door: long enough for requests to be under way.
const cutPause = 300 * time.Millisecond

func cutDoor(a *Act) error {
	door := a.Doors[a.Victim]
	a.note(fmt.Sprintf("of i%d, for %v", a.Victim+1, round(a.For)))
	for end := time.Now().Add(a.For); time.Now().Before(end) && a.ctx.Err() == nil; {
		door.Cut()
		door.Heal()
		time.Sleep(cutPause)
	}
	return nil
}

func partition(a *Act) error {
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

func split(a *Act) error {
	err := a.Nodes[a.Victim].CutHost(a.Nodes[a.Other].Address)
	a.note(fmt.Sprintf("i%d and i%d do not reach each other, for %v", a.Victim+1, a.Other+1, round(a.For)))
	a.last()
	return errors.Join(err, a.Nodes[a.Victim].Heal())
}
