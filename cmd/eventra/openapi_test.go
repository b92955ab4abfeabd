package main

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/docs"
)

var openAPI = sync.OnceValues(func() (validator.Validator, error) {
	document, err := libopenapi.NewDocument(docs.OpenAPI)
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return v, nil
})

func TestOpenAPI_IsValid(t *testing.T) {
	t.Parallel()
	v, err := openAPI()
	require.NoError(t, err)
	valid, faults := v.ValidateDocument()
	for _, f := range faults {
		t.Errorf("%s: %s", f.Message, f.Reason)
	}
	require.True(t, valid)
}

// checkedMax is how many answers of one kind are checked: races make thousands of
// equal ones.
const checkedMax = 3

var (
	checkMu sync.Mutex
	checked = map[string]int{}
	idText  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
)

// checkAgainstOpenAPI fails the test if an answer of the API contradicts the
// published document, which does not have unknown routes and methods.
func checkAgainstOpenAPI(t *testing.T, req *http.Request, a *answer) {
	if !strings.HasPrefix(req.URL.Path, "/api/v1/") || a.text("code") == "method_not_allowed" || strings.HasSuffix(req.URL.Path, "/nothing") {
		return
	}
	checkMu.Lock()
	defer checkMu.Unlock()
	kind := req.Method + " " + idText.ReplaceAllString(req.URL.Path, "{id}") + " " + strconv.Itoa(a.status)
	if checked[kind]++; checked[kind] > checkedMax {
		return
	}
	v, err := openAPI()
	if err != nil {
		t.Error(err)
		return
	}
	response := &http.Response{StatusCode: a.status, Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.raw)), Request: req}
	if valid, faults := v.ValidateHttpResponse(req, response); !valid {
		for _, f := range faults {
			reasons := []string{f.Reason}
			for _, s := range f.SchemaValidationErrors {
				reasons = append(reasons, s.Reason+" at "+s.FieldPath)
			}
			t.Errorf("not as the OpenAPI document says: %s: %s: %s\n%s", kind, f.Message, strings.Join(reasons, "; "), a.raw)
		}
	}
}
