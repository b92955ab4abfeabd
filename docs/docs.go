// Package docs holds the generated description of the HTTP API.
package docs

import _ "embed"

// OpenAPI is the OpenAPI 3.1 document, as JSON. `make generate` writes it from
// the annotations in http/.
//
//go:embed openapi.json
var OpenAPI []byte
