// Command licences lists the licence of each module in a CycloneDX document, and fails if
// one is unknown or not permitted.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// permitted licences let anybody run, change and sell a program that contains the module, if
// their texts go with it.
var permitted = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-Source-Code", "ISC", "MIT", "MPL-2.0"}

// read has the licences of modules whose text no detector knows. A person has read them.
var read = map[string]string{
	"github.com/pressly/goose/v3": "MIT",          // under two copyright lines
	"github.com/twmb/murmur3":     "BSD-3-Clause", // with the notice of its predecessor
	"std":                         "BSD-3-Clause", // Go's standard library
}

type component struct {
	Name, Version string
	Evidence      struct {
		Licenses []struct{ License struct{ ID, Name string } }
	}
}

func (c *component) licences() (names []string) {
	for _, l := range c.Evidence.Licenses {
		names = append(names, l.License.ID+l.License.Name) // it has one of them
	}
	if name, found := read[c.Name]; found && len(names) == 0 {
		names = []string{name}
	}
	return names
}

func main() {
	if err := list(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// list writes a line for each component of a document.
func list(in io.Reader, out io.Writer) (err error) {
	var document struct{ Components []component }
	if err := json.NewDecoder(in).Decode(&document); err != nil {
		return err
	}
	if len(document.Components) == 0 {
		return errors.New("the document has no components")
	}
	for _, c := range document.Components {
		names := c.licences()
		fmt.Fprintf(out, "%-60s %-40s %s\n", c.Name, c.Version, strings.Join(names, ", "))
		if len(names) == 0 {
			err = errors.Join(err, fmt.Errorf("%s: no licence is known; read it, and add it to tools/licences", c.Name))
		}
		for _, name := range names {
			if !slices.Contains(permitted, name) {
				err = errors.Join(err, fmt.Errorf("%s: %s is not among the permitted licences", c.Name, name))
			}
		}
	}
	return err
}
