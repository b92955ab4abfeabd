package http

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/docs"
)

// contract validates responses against the generated document.
var contract = sync.OnceValues(func() (validator.Validator, []error) {
	doc, err := libopenapi.NewDocument(docs.OpenAPI)
	if err != nil {
		return nil, []error{err}
	}
	return validator.NewValidator(doc)
})

// requireContract fails if a response does not match the document.
func requireContract(t *testing.T, req *http.Request, resp *http.Response) {
	t.Helper()
	v, errs := contract()
	require.Empty(t, errs)
	if ok, faults := v.ValidateHttpResponse(req, resp); !ok {
		var text strings.Builder
		for _, fault := range faults {
			text.WriteString(fault.Error() + "\n")
		}
		require.Fail(t, "response is not as documented", "%s %s → %d\n%s", req.Method, req.URL, resp.StatusCode, text.String())
	}
}

func TestOpenAPI_DocumentIsValid(t *testing.T) {
	t.Parallel()
	v, errs := contract()
	require.Empty(t, errs)
	ok, faults := v.ValidateDocument()
	for _, fault := range faults {
		t.Log(fault)
		for _, s := range fault.SchemaValidationErrors {
			t.Log(s.Reason, s.FieldPath)
		}
	}
	require.True(t, ok)
}
