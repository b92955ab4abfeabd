package client

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/wire"
)

// Target is whom requests are sent to: an instance or a balancer.
type Target struct {
	Name string
	pool *wire.Pool
}

// NewTarget makes a target at an address.
func NewTarget(name, address string) *Target { return &Target{name, wire.NewPool(address)} }

// Address is the target's address.
func (t *Target) Address() string { return t.pool.Address() }

// Forget closes the connections that are kept for later.
func (t *Target) Forget() { t.pool.Forget() }

// answer is a response, decoded as far as all calls need it.
type answer struct {
	status   int
	raw      []byte
	replayed bool
	stale    bool
}

// callTimeout outlasts each deadline of Eventra's own: whoever waits so long
// has met a hang.
const callTimeout = 10 * time.Second

// call sends one JSON request, once.
func (t *Target) call(method, path, token, key string, body any, timeout time.Duration) (*answer, error) {
	req := &wire.Request{Method: method, Path: path}
	if body != nil {
		var err error
		if req.Body, err = json.Marshal(body); err != nil {
			return nil, err
		}
		req.Header = append(req.Header, "Content-Type: application/json")
	}
	if token != "" {
		req.Header = append(req.Header, "Authorization: Bearer "+token)
	}
	if key != "" {
		req.Header = append(req.Header, "Idempotency-Key: "+key)
	}
	response, err := t.pool.Do(req, timeout)
	if err != nil {
		return nil, err
	}
	return &answer{response.Status, response.Body, response.Get("Idempotency-Replayed") == "true", response.Get("Eventra-Stale") == "true"}, nil
}

// want calls and requires a status; out, if not nil, is filled from the answer.
func (t *Target) want(status int, method, path, token string, body, out any) error {
	a, err := t.call(method, path, token, "", body, slowTimeout)
	if err != nil {
		return fmt.Errorf("%s %s at %s: %w", method, path, t.Name, err)
	}
	if a.status != status {
		return fmt.Errorf("%s %s at %s: %d %.300s", method, path, t.Name, a.status, a.raw)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.raw, out)
}

// slowTimeout is for adding a house of 100,000 seats on a busy machine.
const slowTimeout = 40 * time.Second

// Wake has an event's actor answer, wherever it is.
func (t *Target) Wake(event string) error {
	return t.want(200, "GET", "/api/v1/events/"+event+"/availability", "", nil, nil)
}
