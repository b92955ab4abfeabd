package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// ClusterView is the cluster as one instance sees it.
type ClusterView struct {
	Members []Member     `json:"members"`
	Events  []Activation `json:"events"`
}

// Member is one process of the cluster.
type Member struct {
	ID         string    `json:"id"`
	Address    string    `json:"address"` // where its peers reach it
	Status     string    `json:"status"`
	LeaseUntil time.Time `json:"leaseUntil"`
	JoinedAt   time.Time `json:"joinedAt"`
	Version    string    `json:"version"`
	Self       bool      `json:"self"`
	Answered   bool      `json:"answered"`
}

// Activation is an event's actor.
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

// ClusterView returns an instance's view of the cluster. LogIn comes first.
func (a *Admin) ClusterView(at *Target, timeout time.Duration) (*ClusterView, error) {
	r, err := at.call("GET", "/api/v1/admin/cluster", a.Token(), "", nil, timeout)
	if err != nil {
		return nil, fmt.Errorf("cluster view of %s: %w", at.Name, err)
	}
	if r.status != 200 {
		return nil, fmt.Errorf("cluster view of %s: %d %.200s", at.Name, r.status, r.body)
	}
	view := &ClusterView{}
	return view, json.Unmarshal(r.body, view)
}

// Self returns the member that responded, nil if it has no membership.
func (v *ClusterView) Self() *Member {
	for i := range v.Members {
		if v.Members[i].Self {
			return &v.Members[i]
		}
	}
	return nil
}

// Active counts the members that are active and responded to the instance.
func (v *ClusterView) Active() (n int) {
	for _, m := range v.Members {
		if m.Status == "ACTIVE" && m.Answered {
			n++
		}
	}
	return n
}

// Of returns the activations of one event.
func (v *ClusterView) Of(event string) (found []Activation) {
	for _, a := range v.Events {
		if a.EventID == event {
			found = append(found, a)
		}
	}
	return found
}
