package client

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/http1"
)

// Target is a server that requests are sent to: an instance or a balancer.
type Target struct {
	Name string
	pool *http1.Pool

	operations *Target // serves the metrics; nil: the target itself
}

// NewTarget returns a target at an address.
func NewTarget(name, address string) *Target {
	return &Target{Name: name, pool: http1.NewPool(address)}
}

// WithOperations returns the target with its metrics at an address of their own.
func (t *Target) WithOperations(address string) *Target {
	t.operations = NewTarget(t.Name, address)
	return t
}

// Address returns the target's address.
func (t *Target) Address() string { return t.pool.Address() }

// CloseIdle closes the idle connections.
func (t *Target) CloseIdle() { t.pool.CloseIdle() }

// response is the part of an HTTP response that all calls need.
type response struct {
	status   int
	body     []byte
	replayed bool
	stale    bool
}

// callTimeout is longer than every timeout of Eventra, so that exceeding it
// means a hang.
const callTimeout = 10 * time.Second

// call sends a JSON request once.
func (t *Target) call(method, path, token, key string, body any, timeout time.Duration) (*response, error) {
	req := &http1.Request{Method: method, Path: path}
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
	r, err := t.pool.Do(req, timeout)
	if err != nil {
		return nil, err
	}
	return &response{r.Status, r.Body, r.Get("Idempotency-Replayed") == "true", r.Get("Eventra-Stale") == "true"}, nil
}

// Expect sends a JSON request and returns an error unless the response has the
// given status. It decodes the response into out, unless out is nil.
func (t *Target) Expect(status int, method, path, token string, body, out any) error {
	r, err := t.call(method, path, token, "", body, setupTimeout)
	if err != nil {
		return fmt.Errorf("%s %s at %s: %w", method, path, t.Name, err)
	}
	if r.status != status {
		return fmt.Errorf("%s %s at %s: %d %.300s", method, path, t.Name, r.status, r.body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(r.body, out)
}

// setupTimeout is enough to add 100,000 seats on a busy machine.
const setupTimeout = 40 * time.Second

// Activate makes sure that the event has an activation at some instance.
func (t *Target) Activate(event string) error {
	return t.Expect(200, "GET", "/api/v1/events/"+event+"/availability", "", nil, nil)
}
