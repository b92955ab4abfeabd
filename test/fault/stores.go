package fault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func killRedis(a *Injection) error {
	if err := a.Redis.Kill(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("is killed, for %v", round(a.For)))
	a.last()
	if err := a.Redis.Start(); err != nil {
		return err
	}
	a.note("runs again, empty")
	return nil
}

func pauseRedis(a *Injection) error {
	if err := a.Redis.Freeze(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("is frozen, for %v", round(a.For)))
	a.last()
	return a.Redis.Thaw()
}

func fillRedis(a *Injection) error {
	if err := a.Redis.SetFull(true); err != nil {
		return err
	}
	a.note(fmt.Sprintf("refuses writes, for %v", round(a.For)))
	a.last()
	return a.Redis.SetFull(false)
}

func killPostgres(a *Injection) error {
	if err := a.Postgres.Kill(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("is killed, for %v", round(a.For)))
	a.last()
	began := time.Now()
	if err := a.Postgres.Start(context.WithoutCancel(a.ctx)); err != nil {
		return err
	}
	a.note(fmt.Sprintf("accepts connections, %v after its start", round(time.Since(began))))
	return nil
}

func pausePostgres(a *Injection) error {
	err := a.Postgres.Freeze()
	if err == nil {
		a.note(fmt.Sprintf("is frozen, for %v", round(a.For)))
		a.last()
	}
	return errors.Join(err, a.Postgres.Thaw())
}

func refuseMail(a *Injection) error {
	a.Mail.Refuse(true)
	a.note(fmt.Sprintf("for %v", round(a.For)))
	a.last()
	a.Mail.Refuse(false)
	return nil
}
