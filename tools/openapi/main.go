// Command openapi completes the OpenAPI document that swag writes: it adds what all
// operations have in common, and corrects what swag gets wrong. It reads the document
// named by its first argument, and the codes of problems in the source below its second, and writes the complete one to standard output. The same input
// always gives the same output.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: openapi <document of swag> <folder of the module>")
	}
	source, err := readSource(args[1])
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var doc object
	if err := json.Unmarshal(raw, &doc); err != nil {
		return err
	}
	if err := complete(doc, source); err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(doc) // encodes maps in the order of their keys
}

type object = map[string]any

// securitySchemes are what swag cannot say: it knows one kind of bearer token.
var securitySchemes = object{
	"BearerAuth": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access token of a user."},
	"KeyAuth": object{"type": "http", "scheme": "bearer", "bearerFormat": "evk_<id>_<secret>",
		"description": "The API key of a program. It needs the scope that the operation names."},
}

// complete turns swag's document into the complete one.
func complete(doc object, source *source) error {
	if docs, ok := doc["externalDocs"].(object); ok && docs["url"] == "" {
		delete(doc, "externalDocs")
	}
	doc = tidy(doc).(object)
	components := doc["components"].(object)
	if err := completeSchemas(components["schemas"].(object), source); err != nil {
		return err
	}
	components["securitySchemes"] = securitySchemes
	components["headers"] = headers
	components["examples"] = source.problems.examples()
	responses, err := commonResponses(source.problems)
	if err != nil {
		return err
	}
	components["responses"] = responses
	for path, methods := range doc["paths"].(object) {
		for method, operation := range methods.(object) {
			operation := operation.(object)
			err := completeOperation(source.problems, path, method, operation)
			if err == nil {
				err = requireClosed(operation["requestBody"], components["schemas"].(object), map[string]bool{})
			}
			if err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
		}
	}
	return nil
}
