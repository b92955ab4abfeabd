package mongo

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzAttributes stores free attributes and reads them back: they are the same,
// or are rejected.
func FuzzAttributes(f *testing.F) {
	for _, raw := range []string{
		`{}`, `{"$a.b":1,"%":"\u0000","":[[1],[]]}`, `{"n":123456789012345678901234567890,"f":1e-400,"z":-0}`,
		`{"%number":"1","%array":[]}`, `[1]`, `{"a":1,"a":2}`, `{"a":`, "{\"\xff\":1}",
		`{"1.0":1.0,"e":[1e3,-2.50e1,9.223372036854775808e18,-9223372036854775808.0]}`, `10000000000000000001`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		stored, err := storedAttributes(raw)
		if err != nil || len(raw) == 0 {
			return
		}
		read, err := readAttributes(stored)
		require.NoError(t, err)
		require.True(t, json.Valid(read))
		require.Equal(t, decoded(t, raw), decoded(t, read))
		again, err := storedAttributes(read)
		require.NoError(t, err)
		require.Equal(t, stored, again)
	})
}

func decoded(t *testing.T, raw []byte) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value))
	return value
}
