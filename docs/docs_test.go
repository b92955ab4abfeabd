package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	testName       = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*`)
	testDefinition = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
)

// TestPages_NameTestsThatExist looks for the definition of each test, fuzz target and benchmark that a
// page names. Reports are of their day.
func TestPages_NameTestsThatExist(t *testing.T) {
	var defined []string
	each(t, "..", func(path, content string) {
		if strings.HasSuffix(path, "_test.go") {
			for _, match := range testDefinition.FindAllStringSubmatch(content, -1) {
				defined = append(defined, match[1])
			}
		}
	})
	named := 0
	each(t, "..", func(path, content string) {
		if filepath.Ext(path) != ".md" || strings.Contains(path, "reports") || strings.HasSuffix(path, "CHANGELOG.md") {
			return
		}
		for _, name := range testName.FindAllString(content, -1) {
			named++
			begins := func(test string) bool { return strings.HasPrefix(test, name) } // as with go test -run
			require.True(t, slices.ContainsFunc(defined, begins), "%s names %s", path, name)
		}
	})
	require.Positive(t, named)
}

// each calls look with each tracked kind of file below a folder.
func each(t *testing.T, root string, look func(path, content string)) {
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "bin" || entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..") {
			return filepath.SkipDir
		}
		if !entry.IsDir() && (strings.HasSuffix(path, "_test.go") || filepath.Ext(path) == ".md") {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			look(path, string(content))
		}
		return nil
	}))
}
