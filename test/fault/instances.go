package fault

import (
	"fmt"
	"time"

	"github.com/eventra/eventra/test/instance"
)

const (
	// readyTimeout is enough to be ready again while other faults last.
	readyTimeout = 90 * time.Second
	stopTimeout  = 60 * time.Second
)

// round rounds a duration for the report.
func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }

func kill(a *Injection) error {
	i := a.Instances[a.Victim]
	if err := i.Kill(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s is killed, for %v", i.Name, round(a.For)))
	a.last()
	return a.start(i)
}

// start starts an instance until it is ready. It may end when PostgreSQL is away,
// and is restarted then, as a supervisor would do.
func (a *Injection) start(i *instance.Instance) error {
	began := time.Now()
	for {
		if err := i.Start(); err != nil {
			return err
		}
		err := i.WaitReady(readyTimeout - time.Since(began))
		if err == nil {
			a.note(fmt.Sprintf("%s is ready, %v after its start", i.Name, round(time.Since(began))))
			return nil
		}
		if i.Running() || time.Since(began) > readyTimeout {
			return err
		}
		a.note(fmt.Sprintf("%s ended before it was ready", i.Name))
	}
}

func freeze(a *Injection) error {
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
	if err := i.WaitReady(readyTimeout); err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s is ready, %v after it was thawed", i.Name, round(time.Since(thawed))))
	return nil
}

func rollingRestart(a *Injection) error {
	for victim, i := range a.Instances {
		if err := a.restart(victim, i); err != nil {
			return err
		}
	}
	return nil
}

func (a *Injection) restart(victim int, i *instance.Instance) error {
	lock := a.lock(instanceOf(victim))
	lock.Lock()
	defer lock.Unlock()
	began := time.Now()
	if err := i.Terminate(); err != nil {
		return err
	}
	code, err := i.Wait(stopTimeout)
	if err != nil {
		return err
	}
	a.note(fmt.Sprintf("%s stopped within %v", i.Name, round(time.Since(began))))
	if code != 0 {
		err = fmt.Errorf("%s stopped with exit code %d", i.Name, code)
	}
	if e := a.start(i); e != nil {
		return e
	}
	return err
}
