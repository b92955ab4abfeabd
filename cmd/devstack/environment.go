package main

import (
	"os"
	"strings"
)

// environment returns the launcher's environment, overridden by settings: the developer's shell may name servers that a
// development stack must not touch.
func environment(settings []string) []string {
	overridden := map[string]bool{}
	for _, setting := range settings {
		key, _, _ := strings.Cut(setting, "=")
		overridden[key] = true
	}
	var env []string
	for _, setting := range os.Environ() {
		if key, _, _ := strings.Cut(setting, "="); !overridden[key] {
			env = append(env, setting)
		}
	}
	return append(env, settings...)
}
