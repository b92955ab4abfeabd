package auth

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
)

// PasswordHasher hashes and compares passwords, a few at a time.
type PasswordHasher struct {
	cost  int
	dummy []byte // the hash that is compared for accounts that do not exist
	turns *turns
}

// NewPasswordHasher makes a hasher of a bcrypt cost that hashes in so many slots and, for each
// purpose, lets queue more callers wait for one.
func NewPasswordHasher(cost, slots, queue int) (*PasswordHasher, error) {
	token, _ := NewRefreshToken()
	dummy, err := bcrypt.GenerateFromPassword([]byte(token), cost)
	if err != nil {
		return nil, fmt.Errorf("auth: password cost: %w", err)
	}
	return &PasswordHasher{cost: cost, dummy: dummy, turns: newTurns(slots, queue)}, nil
}

// Run calls work in one of the slots, when it is the turn of the network address that the
// caller comes from. The error is CodeOverloaded if too many callers wait already, or if ctx
// ends first.
func (h *PasswordHasher) Run(ctx context.Context, purpose Purpose, from string, work func() error) error {
	if err := h.turns.take(ctx, purpose, from); err != nil {
		return err
	}
	defer h.turns.give()
	return work()
}

// Hash makes the hash to store of a valid password, in one of the slots.
func (h *PasswordHasher) Hash(ctx context.Context, from, password string) (hash []byte, err error) {
	err = h.Run(ctx, ToRegister, from, func() error {
		hash, err = bcrypt.GenerateFromPassword([]byte(NormalizePassword(password)), h.cost)
		return err
	})
	return hash, err
}

// NoPassword returns a hash that no password has.
func (h *PasswordHasher) NoPassword() []byte { return h.dummy }

// Matches compares a password with the user's. A nil user takes as long as a wrong
// password. Call it from within [PasswordHasher.Run].
func (h *PasswordHasher) Matches(user *eventra.User, password string) (bool, error) {
	hash := h.dummy
	if user != nil {
		hash = user.PasswordHash
	}
	prepared := NormalizePassword(password)
	err := bcrypt.CompareHashAndPassword(hash, []byte(prepared))
	if prepared != password && errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		err = bcrypt.CompareHashAndPassword(hash, []byte(password)) // hashed before passwords were prepared
		prepared = password
	}
	switch {
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	case err != nil:
		return false, err
	}
	// bcrypt reads no further than its limit, so a longer password only seems to match.
	return user != nil && len(prepared) <= eventra.PasswordMaxBytes, nil
}
