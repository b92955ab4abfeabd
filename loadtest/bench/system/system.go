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
	Eventra       *Server
	Reference     *Server // the reference server or the other build; nil if neither is needed
	others        []*Server
	adminPassword string
	// environment is what all instances of Eventra share.
	environment []string
}

const (
	adminEmail   = "bench-admin@example.org"
	readyTimeout = 30 * time.Second
	stopTimeout  = 60 * time.Second
)

// Open starts a system. Extra is environment for Eventra only.
func Open(ctx context.Context, settings Settings, withReference bool, extra ...string) (s *System, err error) {
	password := rand.Text()
	s = &System{Settings: settings, adminPassword: password}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(ctx))
		}
	}()
	secret := os.Getenv("EVENTRA_JWT_SECRET")
	if secret == "" {
		return s, errors.New("EVENTRA_JWT_SECRET is not set: use make bench-http, or bin/devstack exec -- bin/bench-http")
	}
	s.environment = append([]string{"EVENTRA_ADMIN_EMAIL=" + adminEmail, "EVENTRA_ADMIN_PASSWORD=" + password,
		"EVENTRA_RATE_LIMITS=" + settings.RateLimits, "EVENTRA_LOG_LEVEL=" + settings.LogLevel,
		"EVENTRA_REQUIRE_VERIFIED_EMAIL=false",
		"EVENTRA_CONNECTIONS_PER_ADDRESS=0", "EVENTRA_STREAMS_PER_ADDRESS=0"}, extra...) // all load comes from one address
	eventraEnvironment, profileAddress, err := s.profiled(s.environment)
	if err != nil {
		return s, err
	}
	if s.Eventra, err = s.start(ctx, "eventra", settings.Eventra, eventraCounts, eventraEnvironment); err != nil {
		return s, err
	}
	s.Eventra.profileAddress = profileAddress
	switch {
	case settings.Against != "":
		if s.Reference, err = s.start(ctx, "against", settings.Against, eventraCounts, s.environment); err != nil {
			return s, err
		}
	case withReference:
		if s.Reference, err = s.start(ctx, "reference", settings.Reference, referenceCounts, nil); err != nil {
			return s, err
		}
	}
	return s, nil
}

// StartAnother starts Eventra once more, on fresh stores and with a changed
// environment.
func (s *System) StartAnother(ctx context.Context, name string, extra ...string) (*Server, error) {
	environment, profileAddress, err := s.profiled(slices.Concat(s.environment, extra))
	if err != nil {
		return nil, err
	}
	server, err := s.start(ctx, name, s.Settings.Eventra, eventraCounts, environment)
	if server != nil {
		server.profileAddress = profileAddress
		s.others = append(s.others, server)
	}
	return server, err
}

// profiled lets a server serve profiles if they are wanted, and returns their address.
func (s *System) profiled(environment []string) (with []string, address string, err error) {
	if s.Profiles == "" {
		return environment, "", nil
	}
	addresses, err := instance.FreeAddresses(1)
	if err != nil {
		return nil, "", err
	}
	return slices.Concat(environment, []string{"EVENTRA_PROFILE_ADDR=" + addresses[0]}), addresses[0], nil
}

func (s *System) start(ctx context.Context, name, binary, counts string, environment []string) (*Server, error) {
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	server, err := s.startOn(stores, name, binary, counts, environment)
	if err != nil || server.IsReference() {
		return server, err
	}
	return server, server.register(s.Users)
}

// startOn starts a server on stores that may have others.
func (s *System) startOn(stores store.Stores, name, binary, counts string, environment []string) (*Server, error) {
	addresses, err := instance.FreeAddresses(1)
	if err != nil {
		return nil, err
	}
	environment = append(append(stores.Environment(), "EVENTRA_HTTP_ADDR="+addresses[0]), environment...)
	server := &Server{Name: name, Target: client.NewTarget(name, addresses[0]), stores: stores, counts: counts,
		Admin: &client.Admin{Email: adminEmail, Password: s.adminPassword},
		instance: instance.New(instance.Spec{Name: name, Binary: binary, Environment: environment,
			HTTPAddress: addresses[0], LogFolder: s.LogFolder})}
	return server, server.Start()
}

// register creates users.
func (s *Server) register(users int) error {
	for range users {
		buyer, err := client.Register(s.Target, nil)
		if err != nil {
			return fmt.Errorf("register a user: %w", err)
		}
		s.buyers = append(s.buyers, buyer)
	}
	return nil
}

// Tokens returns access tokens of all users of a server, valid for some minutes. The
// reference server takes those of Eventra.
func (s *System) Tokens(at *Server) (tokens []string, err error) {
	if at.IsReference() {
		at = s.Eventra
	}
	for _, buyer := range at.buyers {
		if err := buyer.Renew(at.Target); err != nil {
			return nil, err
		}
		tokens = append(tokens, buyer.Token())
	}
	return tokens, nil
}

// Close stops the servers and drops their databases.
func (s *System) Close(ctx context.Context) (err error) {
	ctx = context.WithoutCancel(ctx)
	for _, server := range s.servers() {
		for _, member := range append(server.peers, server) {
			if member.instance.Running() {
				err = errors.Join(err, member.Stop())
			}
		}
		err = errors.Join(err, server.drop(ctx, s.Stores))
	}
	return err
}

func (s *System) servers() []*Server {
	return slices.DeleteFunc(append([]*Server{s.Eventra, s.Reference}, s.others...), func(server *Server) bool { return server == nil })
}

// Check runs `eventra check` on the databases of all of Eventra's instances.
func (s *System) Check(ctx context.Context) (err error) {
	for _, server := range s.servers() {
		if server.counts == eventraCounts {
			err = errors.Join(err, server.check(ctx, s.Settings.Eventra))
		}
	}
	return err
}
