package app

import (
	"errors"
	"log/slog"
	"os"
	"reflect"
	"regexp"
	"strings"

	"github.com/caarlos0/env/v11"
)

// nameVariable makes a fault of the library, which names a field of [Config], name
// the variable.
func nameVariable(fault error) error {
	parse, ok := errors.AsType[env.ParseError](fault)
	if !ok {
		return fault
	}
	field, ok := reflect.TypeFor[Config]().FieldByName(parse.Name)
	if !ok {
		return fault
	}
	return settingFault(variable(&field), "%v", parse.Err)
}

// variable returns the name of a field's variable without its prefix, or nothing.
func variable(field *reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return name
}

// foreignVariables have the prefix and are no settings: those of the development
// stack, of tests, and those that Kubernetes sets for a service named eventra.
var foreignVariables = regexp.MustCompile(`^EVENTRA_(DEV_.*|TEST_.*|(.*_)?SERVICE_(HOST|PORT)(_.*)?|(.*_)?PORT(_.*)?)$`)

// unknownSettings returns the variables that look like settings and are none, which
// are most likely misspelt.
func unknownSettings(environ []string) (unknown []string) {
	known := map[string]bool{}
	for field := range reflect.TypeFor[Config]().Fields() {
		if name := variable(&field); name != "" {
			known[environment.Prefix+name] = true
		}
	}
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, environment.Prefix) && !known[name] && !foreignVariables.MatchString(name) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

func warnOfUnknownSettings(log *slog.Logger) {
	for _, name := range unknownSettings(os.Environ()) {
		log.Warn("unknown setting: its name may be misspelt", "name", name)
	}
}
