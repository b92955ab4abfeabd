package eventra_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func TestError_TextAndCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		text string
		code eventra.Code
	}{
		{&eventra.Error{Code: eventra.CodeNotFound}, "not_found", eventra.CodeNotFound},
		{eventra.Errorf(eventra.CodeNotFound, "no %s", "seat"), "not_found: no seat", eventra.CodeNotFound},
		{&eventra.Error{Code: eventra.CodeInternal, Err: io.EOF}, "internal: EOF", eventra.CodeInternal},
		{eventra.Unavailable("redis", io.EOF), "unavailable: redis is not available right now: EOF", eventra.CodeUnavailable},
		{fmt.Errorf("hold: %w", eventra.Errorf(eventra.CodeSaleClosed, "over")), "hold: sale_closed: over", eventra.CodeSaleClosed},
		{io.EOF, "EOF", eventra.CodeInternal},
	}
	for _, test := range tests {
		require.EqualError(t, test.err, test.text)
		require.Equal(t, test.code, eventra.CodeOf(test.err))
	}
	require.Empty(t, eventra.CodeOf(nil))
	require.ErrorIs(t, eventra.Unavailable("redis", io.EOF), io.EOF)
}

func TestFaults_CollectsAll(t *testing.T) {
	t.Parallel()
	var f eventra.Faults
	require.NoError(t, f.Err())
	f.Add("name", "length", "must have %d", 1)
	f.Add("email", "invalid_email", "is none")
	var e *eventra.Error
	require.ErrorAs(t, f.Err(), &e)
	require.Equal(t, eventra.CodeValidationFailed, e.Code)
	require.Equal(t, []eventra.FieldError{
		{Field: "name", Code: "length", Message: "must have 1"}, {Field: "email", Code: "invalid_email", Message: "is none"}}, e.Fields)
}
