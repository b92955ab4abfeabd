package fault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func killRedis(a *Act) error {
	if err := a.Redis.Kill(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("killed, for %v", round(a.For)))
	a.last()
	if err := a.Redis.Start(); err != nil {
		return err
	}
	a.note("is back, and empty")
	return nil
}

func pauseRedis(a *Act) error {
	if err := a.Redis.Freeze(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("stands still, for %v", round(a.For)))
	a.last()
	return a.Redis.Thaw()
}

func fillRedis(a *Act) error {
	if err := a.Redis.SetFull(true); err != nil {
		return err
	}
	a.note(fmt.Sprintf("takes nothing, for %v", round(a.For)))
	a.last()
	return a.Redis.SetFull(false)
}

func killPostgres(a *Act) error {
	if err := a.Postgres.Kill(); err != nil {
		return err
	}
	a.note(fmt.Sprintf("killed, for %v", round(a.For)))
	a.last()
	began := time.Now()
	if err := a.Postgres.Start(context.WithoutCancel(a.ctx)); err != nil {
		return err
	}
	a.note(fmt.Sprintf("answers, %v after its start", round(time.Since(began))))
	return nil
}

func pausePostgres(a *Act) error {
	err := a.Postgres.Freeze()
	if err == nil {
		a.note(fmt.Sprintf("stands still, for %v", round(a.For)))
		a.last()
	}
	return errors.Join(err, a.Postgres.Thaw())
}

func refuseMail(a *Act) error {
	a.Mail.Refuse(true)
	a.note(fmt.Sprintf("for %v", round(a.For)))
	a.last()
	a.Mail.Refuse(false)
	return nil
}
