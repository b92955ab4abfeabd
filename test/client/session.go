package client

import (
	"sync"
	"time"
)

// session is a user's access token, which any instance accepts.
type session struct {
	mu     sync.Mutex
	token  string
	issued time.Time
}

// tokenAge is the age at which a token is replaced, well before it expires.
const tokenAge = 10 * time.Minute

// renew logs in unless the token is young enough.
func (s *session) renew(at *Target, email, password string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.issued) < tokenAge {
		return nil
	}
	var body struct{ AccessToken string }
	issued := time.Now()
	if err := at.Expect(200, "POST", "/api/v1/auth/login", "", object{"email": email, "password": password}, &body); err != nil {
		return err
	}
	s.token, s.issued = body.AccessToken, issued
	return nil
}

// Token returns the access token.
func (s *session) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}
