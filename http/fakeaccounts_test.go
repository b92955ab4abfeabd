package http

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/eventra/eventra"
)

func (f *fakes) CreateUser(_ context.Context, u *eventra.User) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, other := range f.users {
		if other.Email == u.Email && other.ID != u.ID {
			return eventra.Errorf(eventra.CodeEmailTaken, "the address has an account")
		}
	}
	if f.users[u.ID] == nil {
		f.users[u.ID] = u
	}
	return f.err
}

func (f *fakes) UserByEmail(_ context.Context, email string) (*eventra.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range f.users {
		if u.Email == email {
			return u, f.err
		}
	}
	return nil, notFound()
}

func (f *fakes) UserByID(_ context.Context, id eventra.ID) (*eventra.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if u := f.users[id]; u != nil {
		return u, f.err
	}
	return nil, notFound()
}

func (f *fakes) CreateSession(_ context.Context, s *eventra.Session) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions[s.TokenHash] = s
	return f.err
}

func (f *fakes) RotateSession(_ context.Context, r eventra.Rotation) (eventra.Rotated, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sessions[r.Presented]
	if s == nil {
		return eventra.Rotated{}, eventra.Errorf(eventra.CodeInvalidRefreshToken, "no such token")
	}
	delete(f.sessions, r.Presented)
	f.sessions[r.Successor] = s
	return eventra.Rotated{User: f.users[s.UserID], SessionID: s.ID, Sealed: r.Sealed}, f.err
}

func (f *fakes) UserExists(_ context.Context, id eventra.ID) (bool, error) {
	if f.beforeUserExists != nil {
		f.beforeUserExists()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.users[id] != nil, f.err
}

func (f *fakes) EndSession(_ context.Context, caller eventra.AccessTokenID, refresh [sha256.Size]byte, _ time.Time) ([]eventra.ID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	s := f.sessions[refresh]
	if s == nil || s.UserID != caller.UserID {
		return []eventra.ID{caller.SessionID}, eventra.Errorf(eventra.CodeInvalidRefreshToken, "no such token")
	}
	delete(f.sessions, refresh)
	return []eventra.ID{caller.SessionID, s.ID}, nil
}

func (f *fakes) OpenSessions(_ context.Context, userID eventra.ID, _ eventra.Page) (open []eventra.OpenSession, _ *eventra.Cursor, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		if s.UserID == userID {
			open = append(open, eventra.OpenSession{ID: s.ID, Client: s.Client, ExpiresAt: s.ExpiresAt})
		}
	}
	return open, nil, f.err
}

func (f *fakes) EndOneSession(_ context.Context, userID, session eventra.ID) error {
	if f.endSessions(func(s *eventra.Session) bool { return s.UserID == userID && s.ID == session }) == 0 && f.err == nil {
		return notFound()
	}
	return f.err
}

func (f *fakes) EndAllSessions(_ context.Context, userID eventra.ID) (version int, err error) {
	f.endSessions(func(s *eventra.Session) bool { return s.UserID == userID })
	return 1, f.err
}

func (f *fakes) ChangePassword(_ context.Context, change eventra.PasswordChange) (version int, err error) {
	f.endSessions(func(s *eventra.Session) bool { return s.UserID == change.UserID && s.ID != change.KeptSession })
	f.mu.Lock()
	defer f.mu.Unlock()
	user := *f.users[change.UserID]
	user.PasswordHash = change.Hash
	f.users[user.ID] = &user
	return 1, f.err
}

func (f *fakes) endSessions(which func(*eventra.Session) bool) (ended int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for hash, s := range f.sessions {
		if which(s) {
			delete(f.sessions, hash)
			ended++
		}
	}
	return ended
}

func (f *fakes) Denied(token *eventra.AccessTokenID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return token.Version < max(f.denied[token.AccessID], f.denied[token.SessionID], f.denied[token.UserID])
}

func (f *fakes) Deny(made eventra.Denial) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.denied[made.Subject] = made.BelowVersion
}
