package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestList(t *testing.T) {
	for name, c := range map[string]struct{ document, line, failure string }{
		"permitted": {`{"components":[{"name":"a","version":"v1","evidence":{"licenses":[{"license":{"id":"MIT"}}]}}]}`, "MIT", ""},
		"read":      {`{"components":[{"name":"std","version":"v1"}]}`, "BSD-3-Clause", ""},
		"unknown":   {`{"components":[{"name":"a","version":"v1"}]}`, "a", "a: no licence is known"},
		"forbidden": {`{"components":[{"name":"a","version":"v1","evidence":{"licenses":[{"license":{"id":"MIT"}},{"license":{"id":"AGPL-3.0"}}]}}]}`, "MIT, AGPL-3.0", "AGPL-3.0 is not among"},
		"named":     {`{"components":[{"name":"a","evidence":{"licenses":[{"license":{"name":"Of our own"}}]}}]}`, "Of our own", "Of our own is not among"},
		"empty":     {`{}`, "", "no components"},
		"no JSON":   {`x`, "", "invalid character"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := list(strings.NewReader(c.document), &out)
			require.Contains(t, out.String(), c.line)
			if c.failure == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.failure)
		})
	}
}
