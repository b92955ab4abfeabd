package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for name, c := range map[string]struct {
		events string
		passes bool
		prints []string
		hides  []string
	}{
		"all passed": {
			events: `{"Action":"run","Package":"p","Test":"TestA"}
				{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
				{"Action":"pass","Package":"p","Test":"TestA"}
				{"Action":"pass","Package":"p","Elapsed":0.5}`,
			passes: true,
			prints: []string{"ok    p  500ms", "1 tests in 1 packages passed, 0 failed, 0 skipped"},
			hides:  []string{"chatter"},
		},
		"a skipped test fails": {
			events: `{"Action":"pass","Package":"p","Test":"TestA"}
				{"Action":"output","Package":"p","Test":"TestB","Output":"no server\n"}
				{"Action":"skip","Package":"p","Test":"TestB"}
				{"Action":"pass","Package":"p"}`,
			prints: []string{"no server", "skipped, which counts as failed: p TestB"},
		},
		"a failed test": {
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"want 1\n"}
				{"Action":"fail","Package":"p","Test":"TestA"}
				{"Action":"fail","Package":"p"}`,
			prints: []string{"want 1", "FAIL  p", "failed: p TestA"},
		},
		"a panic ends a test": {
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: oh\n"}
				{"Action":"output","Package":"p","Test":"TestB","Output":"=== PAUSE TestB\n"}
				{"Action":"fail","Package":"p"}`,
			prints: []string{"panic: oh", "failed: p"},
			hides:  []string{"PAUSE"},
		},
		"it does not compile": {
			events: `{"Action":"build-output","ImportPath":"p","Output":"p.go:1: no\n"}
				{"Action":"build-fail","ImportPath":"p"}
				{"Action":"fail","Package":"p"}`,
			prints: []string{"p.go:1: no", "failed: p"},
		},
		"a package without tests is no skipped test": {
			events: `{"Action":"skip","Package":"q"}
				{"Action":"pass","Package":"p","Test":"TestA"}
				{"Action":"pass","Package":"p"}`,
			passes: true,
		},
		"no test ran": {prints: []string{"no test ran"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			report := newReport(&out)
			if err := report.read(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			if passes := report.sum(); passes != c.passes {
				t.Errorf("passes: %v", passes)
			}
			for _, text := range c.prints {
				if !strings.Contains(out.String(), text) {
					t.Errorf("%q is not printed", text)
				}
			}
			for _, text := range c.hides {
				if strings.Contains(out.String(), text) {
					t.Errorf("%q is printed", text)
				}
			}
			if t.Failed() {
				t.Log(out.String())
			}
		})
	}
}
