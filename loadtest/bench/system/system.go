// Package system sets up the system under test: Eventra and the reference server as
// processes on fresh stores, users, and events with seats.
package system

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/store"
)

// Settings are the same for all systems of a run.
type Settings struct {
	Eventra, Reference string // programs
	Against            string // another build of Eventra to measure instead of the reference server
	LogFolder          string
	LogLevel           string // of Eventra
	RateLimits         string // of Eventra
	Profiles           string // folder of Eventra's profiles; empty: none
	Users              int
	Stores             store.Stores
}

// System is Eventra, and the server that it is compared with.
type System struct {
	Settings
	Eventra   *Server
	Reference *Server // the reference server or the other build; nil if neither is needed
	Admin     *client.Admin
	buyers    []*client.Buyer
}

const (
	adminEmail   = "bench-admin@example.org"
	readyTimeout = 30 * time.Second
	stopTimeout  = 60 * time.Second
)

// Open starts a system. Extra is environment for Eventra only.
func Open(ctx context.Context, settings Settings, withReference bool, extra ...string) (s *System, err error) {
	password := rand.Text()
	s = &System{Settings: settings, Admin: &client.Admin{Email: adminEmail, Password: password}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(ctx))
		}
	}()
	secret := os.Getenv("EVENTRA_JWT_SECRET")
	if secret == "" {
		return s, errors.New("EVENTRA_JWT_SECRET is not set: use make bench-http, or bin/devstack exec -- bin/bench-http")
	}
	environment := append([]string{"EVENTRA_ADMIN_EMAIL=" + adminEmail, "EVENTRA_ADMIN_PASSWORD=" + password,
		"EVENTRA_RATE_LIMITS=" + settings.RateLimits, "EVENTRA_LOG_LEVEL=" + settings.LogLevel}, extra...)
	var profileAddress string
	eventraEnvironment := slices.Clone(environment)
	if settings.Profiles != "" {
		addresses, err := instance.FreeAddresses(1)
		if err != nil {
			return s, err
		}
		profileAddress = addresses[0]
		eventraEnvironment = append(eventraEnvironment, "EVENTRA_PROFILE_ADDR="+profileAddress)
	}
	if s.Eventra, err = s.start(ctx, "eventra", settings.Eventra, eventraCounts, eventraEnvironment); err != nil {
		return s, err
	}
	s.Eventra.profileAddress = profileAddress
	switch {
	case settings.Against != "":
		if s.Reference, err = s.start(ctx, "against", settings.Against, eventraCounts, environment); err != nil {
			return s, err
		}
	case withReference:
		if s.Reference, err = s.start(ctx, "reference", settings.Reference, referenceCounts, nil); err != nil {
			return s, err
		}
	}
	return s, s.register()
}

func (s *System) start(ctx context.Context, name, binary, counts string, environment []string) (*Server, error) {
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	addresses, err := instance.FreeAddresses(1)
	if err != nil {
		return nil, err
	}
	environment = append(append(stores.Environment(), "EVENTRA_HTTP_ADDR="+addresses[0]), environment...)
	server := &Server{Name: name, Target: client.NewTarget(name, addresses[0]), stores: stores, counts: counts,
		instance: instance.New(instance.Spec{Name: name, Binary: binary, Environment: environment,
			HTTPAddress: addresses[0], LogFolder: s.LogFolder})}
	return server, server.Start()
}

// register creates the users.
func (s *System) register() error {
	for range s.Users {
		buyer, err := client.Register(s.Eventra.Target, nil)
		if err != nil {
			return fmt.Errorf("register a user: %w", err)
		}
		s.buyers = append(s.buyers, buyer)
	}
	return nil
}

// Tokens returns access tokens of all users, valid for some minutes at both servers.
func (s *System) Tokens() (tokens []string, err error) {
	for _, buyer := range s.buyers {
		if err := buyer.Renew(s.Eventra.Target); err != nil {
			return nil, err
		}
		tokens = append(tokens, buyer.Token())
	}
	return tokens, nil
}

// Close stops the servers and drops their databases.
func (s *System) Close(ctx context.Context) (err error) {
	ctx = context.WithoutCancel(ctx)
	for _, server := range []*Server{s.Eventra, s.Reference} {
		if server == nil {
			continue
		}
		if server.instance.Running() {
			err = errors.Join(err, server.Stop())
		}
		err = errors.Join(err, server.drop(ctx, s.Stores))
	}
	return err
}
