package mongo

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// FuzzAttributes has free attributes made into documents and back: they come
// back as they were, or are refused.
func FuzzAttributes(f *testing.F) {
	for _, raw := range []string{
		`{}`, `{"$a.b":1,"%":"\u0000","":[[1],[]]}`, `{"n":123456789012345678901234567890,"f":1e-400,"z":-0}`,
		`{"%number":"1","%array":[]}`, `[1]`, `{"a":1,"a":2}`, `{"a":`, "{\"\xff\":1}",
		`{"1.0":1.0,"e":[1e3,-2.50e1,9.223372036854775808e18,-9223372036854775808.0]}`, `10000000000000000001`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		document, err := attributesFromJSON(raw)
		if err != nil || len(raw) == 0 {
			return
		}
		stored, err := bson.Marshal(document)
		require.NoError(t, err)
		var read bson.D
		require.NoError(t, bson.Unmarshal(stored, &read))
		back, err := attributesToJSON(read)
		require.NoError(t, err)
		require.True(t, json.Valid(back))
		again, err := attributesFromJSON(back)
		require.NoError(t, err)
		require.Equal(t, document, again)
	})
}
