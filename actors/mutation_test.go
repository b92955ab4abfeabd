//go:build mutations

package actors

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutation is a deliberate bug: places in the source, and what stands there
// instead. The product itself knows nothing of it: the compiler is given other
// files for those in the repository.
type mutation struct {
	name  string
	edits []edit
}

type edit struct{ file, old, new string }

var mutations = []mutation{
	{"the store does not fence", []edit{
		{"actors/simstore_test.go", `return epoch == db.epoch`, `return true`}}},
	{"replies before the commit", []edit{
		{"actors/landing.go", `	a.runways.leave(f)`, `	for i, r := range f.requests {
		a.reply(r.from, &reply{booking: f.batch.Changes[i].Booking, payment: f.batch.Changes[i].Payment})
		r.from = asker{}
	}
	a.runways.leave(f)`}}},
	{"expires without asking status or deadline", []edit{
		{"decide.go", `if h == nil || m.claims[cmd.BookingID] != nil || h.booking.Status != BookingHeld || now.Before(h.booking.Due()) {`,
			`if h == nil || m.claims[cmd.BookingID] != nil {`},
		{"actors/simcommit_test.go", `	tx.must(b.Status == eventra.BookingHeld)
	if b.ExpiresAt.After(tx.at) || b.PayingUntil.After(tx.at) {
		return false
	}
`, ``}}},
	{"the store drops the mail", []edit{
		{"actors/simcommit_test.go", `	put(tx, db.outbox, booking, true)`, ``}}},
	{"takes unknown for failed", []edit{
		{"actors/landing.go", `, errors.Is(f.err, eventra.ErrOutcomeUnknown):`, `:`}}},
	{"takes failed for unknown, and does not reload", []edit{
		{"actors/landing.go", `		a.stale = true`, ``}}},
	{"lands flights out of order", []edit{
		{"actors/landing.go", `	for len(a.air) > 0 && a.air[0].landed {
		first := a.air[0]
		a.air, a.landed = a.air[1:], append(a.landed, first)
		a.outcome(first)
	}`, `	a.air = slices.DeleteFunc(a.air, func(other *flight) bool { return other == f })
	a.landed = append(a.landed, f)
	a.outcome(f)`}}},
	{"gives two flights one version", []edit{
		{"actors/landing.go", `		last = max(last, a.air[n-1].batch.Version)`, `		_ = n`}}},
	{"does not advance the version", []edit{
		{"actors/landing.go", `	return last + 1`, `	return last`}}},
	{"refuses for a claim", []edit{
		{"decide.go", `		case seat.owner != nil:
			taken`, `		case seat.owner != nil || seat.claimed:
			taken`}}},
	{"forgets who is parked", []edit{
		{"actors/landing.go", `	open = append(open, a.parked...)`, ``}}},
	{"forgets the claim of who met a lock", []edit{
		{"actors/landing.go", `			a.seats.Withdraw(c)
			a.again(r)`, `			a.again(r)`}}},
	{"believes a hold that the store refused", []edit{
		{"actors/landing.go", `		case f.is(f.receipt.Refused, i):`, `		case f.is(f.receipt.Refused, i) && c.Kind != eventra.Held:`}}},
	{"goes on after it was fenced off", []edit{
		{"actors/landing.go", `		a.requeue(f)
		a.retire()`, `		a.requeue(f)`}}},
	{"leaves without a word", []edit{
		{"actors/handover.go", `	a.requeue(nil)
	a.turnAway()
	a.stopAfter`, `	a.requeue(nil)
	a.stopAfter`}}},
	{"believes the store's clock to be ahead", []edit{
		{"actors/clock.go", `min(max(c.offset, at.Sub(received)), at.Sub(asked))`, `at.Sub(asked) + received.Sub(asked)`}}},
	{"sells a late payer seats that are claimed", []edit{
		{"decidepayment.go", `	if wait {
		return Decision{Verdict: Wait}
	}`, ``}}},
	{"takes off without the last flight's locks back", []edit{
		{"actors/landing.go", `	f.after = a.unsettled()`, ``}}},
}

var found = regexp.MustCompile(`after (\d+) schedules: (.*)`)

// TestMutationsAreCaught compiles each bug in, and wants the simulation to
// find it within the schedules that it plays by default.
func TestMutationsAreCaught(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			binary := m.compile(t, root)
			out, err := exec.Command(binary, "-test.run=^TestSimulation$").CombinedOutput()
			caught := found.FindStringSubmatch(string(out))
			require.True(t, err != nil && caught != nil, "not found:\n%s", out)
			t.Logf("after %s schedules: %s", caught[1], caught[2])
		})
	}
}

// compile makes a test binary with the bug in it.
func (m mutation) compile(t *testing.T, root string) string {
	t.Helper()
	folder := t.TempDir()
	sources := map[string]string{}
	for _, e := range m.edits {
		path := filepath.Join(root, e.file)
		if sources[path] == "" {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			sources[path] = string(text)
		}
		require.Equal(t, 1, strings.Count(sources[path], e.old), "in %s: %s", e.file, e.old)
		sources[path] = strings.Replace(sources[path], e.old, e.new, 1)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for path, text := range sources {
		mutated := filepath.Join(folder, filepath.Base(path))
		require.NoError(t, os.WriteFile(mutated, []byte(text), 0o600))
		overlay.Replace[path] = mutated
	}
	list, err := json.Marshal(overlay)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "overlay.json"), list, 0o600))
	binary := filepath.Join(folder, "mutant.test")
	build := exec.Command("go", "test", "-c", "-overlay", filepath.Join(folder, "overlay.json"), "-o", binary, ".")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary
}
