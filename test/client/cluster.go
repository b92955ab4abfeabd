package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// Cluster is the cluster as one instance sees it.
type Cluster struct {
	Members []Member     `json:"members"`
	Events  []Activation `json:"events"`
}

// Member is one process of the cluster.
type Member struct {
	ID         string    `json:"id"`
	Address    string    `json:"address"` // for its peers
	Status     string    `json:"status"`
	LeaseUntil time.Time `json:"leaseUntil"`
	JoinedAt   time.Time `json:"joinedAt"`
	Version    string    `json:"version"`
	Self       bool      `json:"self"`
	Answered   bool      `json:"answered"`
}

// Activation is one event's actor.
type Activation struct {
	EventID  string `json:"eventId"`
	MemberID string `json:"memberId"`
	Address  string `json:"address"`
	Epoch    int64  `json:"epoch"`
	State    string `json:"state"`
	Seats    int    `json:"seats"`
	Queued   int    `json:"queued"`
	Batches  int64  `json:"batches"`
	Changes  int64  `json:"changes"`
}

// Cluster asks an instance for its view; it needs a login before.
func (a *Admin) Cluster(at *Target, patience time.Duration) (*Cluster, error) {
	reply, err := at.call("GET", "/api/v1/admin/cluster", a.token, "", nil, patience)
	if err != nil {
		return nil, fmt.Errorf("cluster as %s sees it: %w", at.Name, err)
	}
	if reply.status != 200 {
		return nil, fmt.Errorf("cluster as %s sees it: %d %.200s", at.Name, reply.status, reply.raw)
	}
	view := &Cluster{}
	return view, json.Unmarshal(reply.raw, view)
}

// Self is the member that answered; nil if it knows of no membership.
func (c *Cluster) Self() *Member {
	for i := range c.Members {
		if c.Members[i].Self {
			return &c.Members[i]
		}
	}
	return nil
}

// Active counts the members that are active and answered.
func (c *Cluster) Active() (n int) {
	for _, m := range c.Members {
		if m.Status == "ACTIVE" && m.Answered {
			n++
		}
	}
	return n
}

// Of returns the activations of one event.
func (c *Cluster) Of(event string) (found []Activation) {
	for _, a := range c.Events {
		if a.EventID == event {
			found = append(found, a)
		}
	}
	return found
}
