package system

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/wait"
)

// StartCluster starts a cluster of n instances on fresh stores, and waits until each of
// them knows the others. The first one stands for all.
func (s *System) StartCluster(ctx context.Context, n int) (*Server, error) {
	addresses, err := instance.FreeAddresses(n)
	if err != nil {
		return nil, err
	}
	first, err := s.StartAnother(ctx, "member-1", "EVENTRA_CLUSTER_LISTEN="+addresses[0])
	if err != nil {
		return first, err
	}
	for i, address := range addresses[1:] {
		member, err := s.startOn(first.stores, fmt.Sprintf("member-%d", i+2), s.Settings.Eventra, eventraCounts,
			slices.Concat(s.environment, []string{"EVENTRA_CLUSTER_LISTEN=" + address}))
		if member != nil {
			first.peers = append(first.peers, member)
		}
		if err != nil {
			return first, err
		}
	}
	for _, member := range first.members() {
		if err := first.waitForCluster(ctx, member, n); err != nil {
			return first, err
		}
	}
	return first, nil
}

// waitForCluster waits until a member sees n active ones.
func (s *Server) waitForCluster(ctx context.Context, member *Server, n int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("%s does not know %d members after %v", member.Name, n, readyTimeout))
	defer cancel()
	for {
		if err := s.Admin.LogIn(s.Target); err != nil {
			return err
		}
		view, err := s.Admin.ClusterView(member.Target, metricsTimeout)
		if err != nil {
			return err
		}
		if view.Active() == n {
			return nil
		}
		if err := wait.Sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *Server) members() []*Server { return append([]*Server{s}, s.peers...) }

// Addresses returns the addresses of all members.
func (s *Server) Addresses() (addresses []string) {
	for _, member := range s.members() {
		addresses = append(addresses, member.Target.Address())
	}
	return addresses
}
