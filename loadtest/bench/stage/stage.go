// Package stage sets up what is measured: Eventra and the reference server as
// processes of their own on fresh stores, users, and events with seats.
package stage

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

// Settings are the same for all stages.
type Settings struct {
	Eventra, Reference string // programs
	Against            string // another build of Eventra, to be measured instead of the reference server
	LogFolder          string
	LogLevel           string // of Eventra
	RateLimits         string // of Eventra
	Profiles           string // folder for profiles of Eventra; empty: none
	Users              int
	Stores             store.Stores
}

// Stage is Eventra, and the reference server beside it.
type Stage struct {
	Settings
	Eventra, Reference *Server // Reference is nil where it is not needed, and the other build if there is one
	Admin              *client.Admin
	buyers             []*client.Buyer
}

const (
	adminEmail  = "bench-admin@example.org"
	readyWithin = 30 * time.Second
	stopWithin  = 60 * time.Second
)

// Open sets a stage; extra is environment for Eventra only.
func Open(ctx context.Context, settings Settings, withReference bool, extra ...string) (s *Stage, err error) {
	password := rand.Text()
	s = &Stage{Settings: settings, Admin: &client.Admin{Email: adminEmail, Password: password}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(ctx))
		}
	}()
	secret := os.Getenv("EVENTRA_JWT_SECRET")
	if secret == "" {
		return s, errors.New("EVENTRA_JWT_SECRET is not set: run this through make bench-http")
	}
	environment := append([]string{"EVENTRA_ADMIN_EMAIL=" + adminEmail, "EVENTRA_ADMIN_PASSWORD=" + password,
		"EVENTRA_RATE_LIMITS=" + settings.RateLimits, "EVENTRA_LOG_LEVEL=" + settings.LogLevel}, extra...)
	var profiles string
	measured := slices.Clone(environment)
	if settings.Profiles != "" {
		addresses, err := instance.FreeAddresses(1)
		if err != nil {
			return s, err
		}
		profiles = addresses[0]
		measured = append(measured, "EVENTRA_PROFILE_ADDR="+profiles)
	}
	if s.Eventra, err = s.start(ctx, "eventra", settings.Eventra, eventraCounts, measured); err != nil {
		return s, err
	}
	s.Eventra.profiles = profiles
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

func (s *Stage) start(ctx context.Context, name, binary, counts string, environment []string) (*Server, error) {
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

// register makes the users.
func (s *Stage) register() error {
	for range s.Users {
		buyer, err := client.Register(s.Eventra.Target, nil)
		if err != nil {
			return fmt.Errorf("register a user: %w", err)
		}
		s.buyers = append(s.buyers, buyer)
	}
	return nil
}

// Tokens are access tokens of all users, good for some minutes, at both
// servers.
func (s *Stage) Tokens() (tokens []string, err error) {
	for _, buyer := range s.buyers {
		if err := buyer.Renew(s.Eventra.Target); err != nil {
			return nil, err
		}
		tokens = append(tokens, buyer.Token())
	}
	return tokens, nil
}

// Close stops the servers and drops their databases.
func (s *Stage) Close(ctx context.Context) (err error) {
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
