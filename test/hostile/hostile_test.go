package hostile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/store"
)

const (
	clients  = 64
	duration = 2 * time.Second
	// answerMax is what real clients wait under attack, but for one in ten: other work of
	// the machine delays an answer, too.
	answerMax = 100 * time.Millisecond
	// hangMax is what no client waits.
	hangMax = 2 * time.Second
	// memoryMax is how much the process may grow under attack.
	memoryMax = 64 << 20
)

// TestServer_UnderAttack has a real buyer and a health check beside hostile clients of each
// kind, and of all kinds at once.
func TestServer_UnderAttack(t *testing.T) {
	s := start(t)
	for _, kind := range Kinds {
		t.Run(strings.ReplaceAll(kind.Name, " ", "_"), func(t *testing.T) { s.attacked(t, clients, kind) })
	}
	t.Run("all_kinds_at_once", func(t *testing.T) { s.attacked(t, clients/4, Kinds...) })
}

// server is an instance in a process of its own, with its default limits.
type server struct {
	*instance.Instance
	at     *client.Target
	target Target
	sale   *client.Sale
	buyers []*client.Buyer // so many that none comes near its rate limit
	turn   int
}

func start(t *testing.T) *server {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stores, err := store.FromEnvironment()
	require.NoError(t, err)
	stores, err = stores.Fresh(ctx)
	require.NoError(t, err)
	addresses, err := instance.FreeAddresses(1)
	require.NoError(t, err)
	binary, err := filepath.Abs("../../bin/eventra")
	require.NoError(t, err)
	admin := client.Admin{Email: "root@eventra.test", Password: "root-password-of-the-attack"}
	s := &server{Instance: instance.New(instance.Spec{Name: "attacked", Binary: binary, HTTPAddress: addresses[0], LogFolder: t.TempDir(),
		Environment: append(stores.Environment(), "EVENTRA_HTTP_ADDR="+addresses[0], "EVENTRA_LOG_LEVEL=warn", "EVENTRA_REQUIRE_VERIFIED_EMAIL=false",
			"EVENTRA_ADMIN_EMAIL="+admin.Email, "EVENTRA_ADMIN_PASSWORD="+admin.Password)})}
	require.NoError(t, s.Start())
	t.Cleanup(func() {
		if err := s.Stop(10 * time.Second); err != nil || t.Failed() {
			log, _ := os.ReadFile(s.LogPath())
			t.Errorf("stop: %v; log: %.4000s", err, log)
		}
	})
	require.NoError(t, s.WaitReady(30*time.Second))
	s.at = client.NewTarget("attacked", addresses[0])
	house := client.House{Rows: 300, SeatsPerRow: 100}
	s.sale, err = admin.OpenSale(s.at, "Under attack", house, time.Hour)
	require.NoError(t, err)
	for range 16 {
		buyer, err := client.Register(s.at, nil)
		require.NoError(t, err)
		s.buyers = append(s.buyers, buyer)
	}
	s.target = Target{Address: addresses[0], Event: s.sale.ID}
	for range 20 { // so that what any use takes is there before
		s.holdAndRelease(t)
		require.Equal(t, 200, s.buyers[0].ReadSeatMap(s.at, s.sale.ID).Status)
	}
	return s
}

func (s *server) attacked(t *testing.T, n int, kinds ...Kind) {
	before := s.resident(t)
	attack := Start(t.Context(), s.target, n, kinds...)
	defer attack.Stop()
	var healthz, buyer []time.Duration
	most := before
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for until := time.Now().Add(duration); time.Now().Before(until); {
		began := time.Now()
		require.NoError(t, s.at.Expect(200, "GET", "/healthz", "", nil, nil))
		healthz = append(healthz, time.Since(began))
		s.at.CloseIdle() // so that the next request needs a new connection
		began = time.Now()
		s.holdAndRelease(t)
		buyer = append(buyer, time.Since(began)/2)
		most = max(most, s.resident(t))
		<-pace.C
	}
	attack.Stop()
	require.Positive(t, attack.Opened.Load())
	t.Logf("%d connections, %d KiB sent; /healthz %s; hold and release %s; memory %d + %d MiB",
		attack.Opened.Load(), attack.Sent.Load()>>10, describe(healthz), describe(buyer), before>>20, (most-before)>>20)
	for _, times := range [][]time.Duration{healthz, buyer} {
		require.Less(t, times[len(times)*9/10], answerMax)
		require.Less(t, times[len(times)-1], hangMax)
	}
	require.Less(t, most-before, int64(memoryMax))
}

func (s *server) holdAndRelease(t *testing.T) {
	buyer := s.buyers[s.turn%len(s.buyers)]
	s.turn++
	hold := buyer.Hold(s.at, s.sale.ID, "", s.sale.Seat(0))
	require.Equal(t, 201, hold.Status, hold.Detail)
	release := buyer.Release(s.at, s.sale.ID, hold.Booking)
	require.Equal(t, 200, release.Status, release.Detail)
}

// describe sorts times.
func describe(times []time.Duration) string {
	slices.Sort(times)
	return fmt.Sprintf("%d × p50 %v, p90 %v, max %v", len(times), times[len(times)/2].Round(time.Millisecond),
		times[len(times)*9/10].Round(time.Millisecond), times[len(times)-1].Round(time.Millisecond))
}

// resident returns the memory of the process in bytes.
func (s *server) resident(t *testing.T) int64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	require.NoError(t, err)
	_, line, found := strings.Cut(string(content), "VmRSS:")
	require.True(t, found)
	kib, err := strconv.ParseInt(strings.Fields(line)[0], 10, 64)
	require.NoError(t, err)
	return kib << 10
}
