package http

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
)

// passwordHasher hashes and compares passwords, a few at a time: each takes
// tens of milliseconds of a CPU that bookings need too.
type passwordHasher struct {
	cost    int
	dummy   []byte // the hash compared for accounts that do not exist
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
}

func newPasswordHasher(cost, slots, queue int) (*passwordHasher, error) {
	token, _ := newRefreshToken()
	dummy, err := bcrypt.GenerateFromPassword([]byte(token), cost)
	if err != nil {
		return nil, fmt.Errorf("http: password cost: %w", err)
	}
	return &passwordHasher{cost: cost, dummy: dummy, slots: make(chan struct{}, slots), queue: int64(queue)}, nil
}

// run calls work in one of the slots. CodeOverloaded if too many wait for one,
// or if ctx ends first.
func (h *passwordHasher) run(ctx context.Context, work func() error) error {
	if h.waiting.Add(1) > h.queue+int64(cap(h.slots)) {
		h.waiting.Add(-1)
		return eventra.Errorf(eventra.CodeOverloaded, "too many people are signing in right now")
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return eventra.Errorf(eventra.CodeOverloaded, "too many people are signing in right now")
	}
	defer func() { <-h.slots }()
	return work()
}

// hash makes the hash to store of a valid password.
func (h *passwordHasher) hash(ctx context.Context, password string) (hash []byte, err error) {
	err = h.run(ctx, func() error {
		hash, err = bcrypt.GenerateFromPassword([]byte(password), h.cost)
		return err
	})
	return hash, err
}

// matches compares a password in one of the slots. A nil user takes as long as
// one whose password is wrong.
func (h *passwordHasher) matches(user *eventra.User, password string) (bool, error) {
	hash := h.dummy
	if user != nil {
		hash = user.PasswordHash
	}
	err := bcrypt.CompareHashAndPassword(hash, []byte(password))
	switch {
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	case err != nil:
		return false, err
	}
	// bcrypt reads no further than its limit, so what is longer only seems to match.
	return user != nil && len(password) <= eventra.PasswordMaxBytes, nil
}
