package fault

import (
	"fmt"
	"time"

	"github.com/eventra/eventra/test/instance"
)

const (
	// backWithin is how long an instance may take to be ready again, whatever
	// else is away meanwhile.
	backWithin = 90 * time.Second
	leftWithin = 60 * time.Second
)

// round is a time for people.
func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }

func kill(a *Act) error {
	i := a.Instances[a.Victim]
	if err := i.Kill(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s is killed, for %v", i.Name, round(a.For)))
	a.last()
	return a.start(i)
}

// start starts an instance until it is ready. One that finds no PostgreSQL may
// give up; a supervisor would start it again, too.
func (a *Act) start(i *instance.Instance) error {
	began := time.Now()
	for {
		if err := i.Start(); err != nil {
			return err
		}
		err := i.WaitReady(backWithin - time.Since(began))
		if err == nil {
			a.note(fmt.Sprintf("%s is ready, %v after its start", i.Name, round(time.Since(began))))
			return nil
		}
		if i.Running() || time.Since(began) > backWithin {
			return err
		}
		a.note(fmt.Sprintf("%s ended as it started", i.Name))
	}
}

func freeze(a *Act) error {
	i := a.Instances[a.Victim]
	if err := i.Freeze(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s is frozen, for %v", i.Name, round(a.For)))
	a.last()
	thawed := time.Now()
	if err := i.Thaw(); err != nil {
		return err
	}
	if err := i.WaitReady(backWithin); err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s is ready, %v after it was thawed", i.Name, round(time.Since(thawed))))
	return nil
}

func roll(a *Act) error {
	for victim, i := range a.Instances {
		if err := a.restart(victim, i); err != nil {
			return err
		}
	}
	return nil
}

func (a *Act) restart(victim int, i *instance.Instance) error {
	lock := a.lock(instanceOf(victim))
	lock.Lock()
	defer lock.Unlock()
	began := time.Now()
	if err := i.Terminate(); err != nil {
		return err
	}
	code, err := i.Wait(leftWithin)
	if err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s left within %v", i.Name, round(time.Since(began))))
	if code != 0 {
		err = fmt.Errorf("%s left with exit code %d", i.Name, code)
	}
	if e := a.start(i); e != nil {
		return e
	}
	return err
}
