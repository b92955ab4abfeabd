package main

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
)

// startMember starts a member of a cluster, in a process of its own, with these secrets.
func startMember(t *testing.T, cfg *app.Config, secrets string) (member *program, stop func()) {
	t.Helper()
	own := *cfg
	own.JWTSecret = secrets
	cmd, url := startLogging(t, &own, testLog{t}, "EVENTRA_CLUSTER_LISTEN="+freeAddr(t))
	member = &program{t: t, cfg: &own, url: url, http: &http.Client{Timeout: 30 * time.Second}}
	return member, func() { _ = stopWithin(t, cmd, 40*time.Second) }
}

// Secrets are replaced while instances run. At each step the instances beside each other are
// one cluster, and the tokens of each are good at both.
func TestSecrets_AreReplacedWhileInstancesRun(t *testing.T) {
	t.Parallel()
	const before, after = "the-secret-before-of-32-bytes-or-more", "another-secret-afterwards-of-32-bytes-or-more"
	cfg := testConfig(t)
	one, stop := startMember(t, cfg, before)
	one.admin = one.login(adminEmail, adminPassword)
	var events []string
	for range 6 { // most likely each of two members owns some
		events = append(events, one.event(1, 20, nil))
	}
	for step, secrets := range []string{before + ", " + after, after + "," + before, after} {
		two, stopNext := startMember(t, cfg, secrets)
		awaitMembers(t, one, 2)
		two.admin = one.admin
		awaitMembers(t, two, 2)
		next := two.login(adminEmail, adminPassword)
		for i, p := range []*program{one, two} {
			for j, token := range []string{one.admin, next} {
				for _, event := range events {
					held := p.hold(token, event, "A-1-"+strconv.Itoa(1+4*step+2*i+j))
					require.Equal(t, 201, held.status, "step %d: %v", step, held)
				}
			}
		}
		two.admin = next
		stop()
		one, stop = two, stopNext
		awaitMembers(t, one, 1)
	}
	stop()
}

func awaitMembers(t *testing.T, p *program, number int) {
	t.Helper()
	eventually(t, 20*time.Second, "the cluster to have its members", func() bool {
		cluster := p.must(200, "GET", "/api/v1/admin/cluster", p.admin, nil)
		active := 0
		for _, m := range cluster.body["members"].([]any) {
			if m.(map[string]any)["status"] == "ACTIVE" {
				active++
			}
		}
		return active == number
	})
}
