//go:build mutations

package actors

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	found  = regexp.MustCompile(`after (\d+) schedules: (.*)`)
	failed = regexp.MustCompile(`--- FAIL: (\S+)`)
)

// TestSimulation_FindsMutations compiles each bug in. The simulation has to find it within
// its default schedules.
func TestSimulation_FindsMutations(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			binary := m.compile(t, root, "actors")
			out, err := exec.Command(binary, "-test.run=^TestSimulation$").CombinedOutput()
			caught := found.FindStringSubmatch(string(out))
			require.True(t, err != nil && caught != nil, "not found:\n%s", out)
			t.Logf("after %s schedules: %s", caught[1], caught[2])
		})
	}
}

// TestStores_FindMutations is the same for the stores and their own suites.
func TestStores_FindMutations(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	for _, m := range storeMutations {
		t.Run(m.name, func(t *testing.T) {
			binary := m.compile(t, root, filepath.Dir(m.edits[0].file))
			suite := exec.Command(binary, "-test.run=^(TestDB_EventStore|TestLocks_Release.*)$")
			suite.Dir = filepath.Join(root, filepath.Dir(m.edits[0].file))
			out, err := suite.CombinedOutput()
			caught := failed.FindAllStringSubmatch(string(out), -1)
			require.True(t, err != nil && caught != nil, "not found:\n%s", out)
			t.Logf("by %s", caught[len(caught)-1][1])
		})
	}
}

// compile builds a folder's test binary with the bug.
func (m mutation) compile(t *testing.T, root, tested string) string {
	t.Helper()
	folder := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for path, text := range m.edit(t, root) {
		mutated := filepath.Join(folder, filepath.Base(path))
		require.NoError(t, os.WriteFile(mutated, []byte(text), 0o600))
		overlay.Replace[path] = mutated
	}
	list, err := json.Marshal(overlay)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "overlay.json"), list, 0o600))
	binary := filepath.Join(folder, "mutant.test")
	build := exec.Command("go", "test", "-c", "-overlay", filepath.Join(folder, "overlay.json"), "-o", binary, "./"+tested)
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary
}
