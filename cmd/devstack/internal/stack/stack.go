// Package stack runs the servers that Eventra needs for development and tests: PostgreSQL, Redis, MongoDB and a mail catcher. They
// are private to one data folder, and listen on free ports of the loopback interface.
package stack

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// A Stack is a set of running services.
type Stack struct {
	folder   *Folder
	services []*service
	failed   chan error
}

// A service is one running part of a stack.
type service struct {
	name string
	env  []string        // by which the product reaches it, as KEY=value
	done <-chan struct{} // closed if it ends by itself; nil if it cannot
	why  func() error    // the reason for its end
	stop func()
}

// Start starts all services concurrently and waits until all of them answer.
func Start(ctx context.Context, folder *Folder) (*Stack, error) {
	s := &Stack{folder: folder, failed: make(chan error, 1)}

	starters := []func(context.Context, *Folder) (*service, error){startPostgres, startRedis, startMongo, startMail}
	s.services = make([]*service, len(starters))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, start := range starters {
		group.Go(func() (err error) {
			s.services[i], err = start(groupCtx, folder)
			return err
		})
	}
	err := group.Wait()
	if err == nil && folder.Standby {
		var standby *service
		standby, err = startStandby(ctx, folder)
		s.services = append(s.services, standby)
	}
	if err != nil {
		s.Stop()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}

	if err := folder.saveState(); err != nil {
		s.Stop()
		return nil, err
	}
	for _, service := range s.services {
		if service.done != nil {
			go s.watch(service)
		}
	}
	return s, nil
}

// watch reports a service that ends by itself, unless another one was reported before.
func (s *Stack) watch(service *service) {
	<-service.done
	select {
	case s.failed <- service.why():
	default:
	}
}

// Env returns the environment, as KEY=value, by which the product reaches the services.
func (s *Stack) Env() []string {
	env := []string{
		"EVENTRA_JWT_SECRET=" + s.folder.state.JWTSecret,
		"EVENTRA_MAIL_FROM=Eventra <tickets@eventra.test>",
		"EVENTRA_PAYMENT_GATEWAY=mock",
	}
	for _, service := range s.services {
		env = append(env, service.env...)
	}
	return env
}

// MailURL returns the URL of the page with the mails.
func (s *Stack) MailURL() string {
	for _, setting := range s.Env() {
		if url, found := strings.CutPrefix(setting, mailURLKey+"="); found {
			return url
		}
	}
	return ""
}

// Failed returns a channel that receives the reason if a service ends by itself.
func (s *Stack) Failed() <-chan error { return s.failed }

// Stop stops all services. When it returns, none of them runs.
func (s *Stack) Stop() {
	var wg sync.WaitGroup
	for _, service := range s.services {
		if service != nil {
			wg.Go(service.stop)
		}
	}
	wg.Wait()
}
