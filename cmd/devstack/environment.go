package main

import (
	"os"
	"strings"
)

// environment is the launcher's own with settings on top. Where the developer's shell points to other servers, those are
// not to be touched.
func environment(settings []string) []string {
	ours := map[string]bool{}
	for _, setting := range settings {
		key, _, _ := strings.Cut(setting, "=")
		ours[key] = true
	}
	var env []string
	for _, setting := range os.Environ() {
		if key, _, _ := strings.Cut(setting, "="); !ours[key] {
			env = append(env, setting)
		}
	}
	return append(env, settings...)
}
