package http

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// twoMembers is a cluster of two members.
type twoMembers struct{ event eventra.ID }

func (c twoMembers) Describe(context.Context) (*eventra.Cluster, error) {
	joined := time.Date(2026, 11, 7, 10, 0, 0, 0, time.UTC)
	one := eventra.ClusterMember{Member: eventra.Member{ID: "one", Address: "10.0.0.1:7400", Version: "v1", JoinedAt: joined, LeaseUntil: joined.Add(2 * time.Second)},
		Status: eventra.MemberActive, Self: true, Answered: true, Converged: true,
		Events: []eventra.ActiveEvent{{EventID: c.event, State: eventra.ActivationActive, Epoch: 3, Seats: 240, Queued: 1, Batches: 8, Changes: 9}}}
	two := eventra.ClusterMember{Member: eventra.Member{ID: "two", Address: "10.0.0.2:7400", Version: "v1", Unreachable: []string{"one"}}, Status: eventra.MemberIsolated}
	return &eventra.Cluster{Members: []eventra.ClusterMember{one, two}}, nil
}

func TestCluster_IsShownToAdminsOnly(t *testing.T) {
	event := newID()
	ts := newTestServer(t, func(cfg *Config) { cfg.Members = twoMembers{event} })
	ts.problem(ts.send("GET", "/api/v1/admin/cluster", "", ""), 401, eventra.CodeUnauthenticated)
	ts.problem(ts.send("GET", "/api/v1/admin/cluster", ts.userToken, ""), 403, eventra.CodeForbidden)
	got, _ := ts.ok(200, "GET", "/api/v1/admin/cluster", ts.adminToken, "")
	require.Equal(t, map[string]any{
		"members": []any{
			map[string]any{"id": "one", "address": "10.0.0.1:7400", "status": "ACTIVE", "version": "v1", "self": true, "answered": true, "agrees": true,
				"joinedAt": "2026-11-07T10:00:00.000Z", "leaseUntil": "2026-11-07T10:00:02.000Z"},
			map[string]any{"id": "two", "address": "10.0.0.2:7400", "status": "ISOLATED", "version": "v1", "self": false, "answered": false, "agrees": false,
				"unreachable": []any{"one"}},
		},
		"events": []any{
			map[string]any{"eventId": event.String(), "memberId": "one", "address": "10.0.0.1:7400", "state": "ACTIVE",
				"epoch": 3.0, "seats": 240.0, "queued": 1.0, "batches": 8.0, "changes": 9.0},
		},
	}, got)
}
