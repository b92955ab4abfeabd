package mongo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	mongodriver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"pgregory.net/rapid"

	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestDB_KeepsAttributes(t *testing.T) {
	t.Parallel()
	db := open(t)
	for name, raw := range map[string]string{
		"empty":             `{}`,
		"nested":            `{"a":{"b":[1,[2,{"c":null}],{}],"d":[]},"e":true,"f":false,"g":null}`,
		"whole numbers":     `{"n":[0,-1,9007199254740993,9223372036854775807,-9223372036854775808]}`,
		"beyond 64 bits":    `{"n":[9223372036854775808,123456789012345678901234567890]}`,
		"fractions":         `{"n":[0.1,-2.5,1e300,1e-7,1.5E+3,0.0,-0.0,0e99,2.0]}`,
		"beyond a float":    `{"n":[0.1000000000000000000001,1e400,-1e-400,1e99999999999]}`,
		"odd keys":          `{"":1,"$set":{"$gt":""},"a.b":2,"%":3,"%2E":4,"%number":"5","o":{"%number":"5"},"p":{"%array":[]},"é":6,"a$":7,"\u0000x":8,"_id":9}`,
		"strings":           `{"s":["","\u0000","<&>","line\nfeed","𝄞\u2028","\"\\"]}`,
		"a duplicate key":   `{"a":1,"b":2,"a":3}`,
		"the order of keys": `{"z":1,"a":2,"m":{"y":1,"b":2}}`,
		"extended JSON":     `{"$date":"2027-01-01","$oid":"x","$numberLong":"1"}`,
		"white space":       " \n{ \"a\" : 1 } \t",
		"deeply nested":     deep(44),
		"numbers as keys":   `{"0":"a","1":"b"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEvent(name, summer)
			e.Attributes = json.RawMessage(raw)
			insert(t, db, e)
			got, _, err := db.Get(t.Context(), e.ID)
			require.NoError(t, err)
			requireSameJSON(t, raw, got.Attributes)
			require.LessOrEqual(t, len(got.Attributes), max(len(raw), 2), "it must not outgrow its limit: %s", got.Attributes)
		})
	}
	t.Run("order", func(t *testing.T) {
		t.Parallel()
		e := newEvent("order", summer)
		e.Attributes = json.RawMessage(`{"z":1,"a":{"y":[true],"b":2}}`)
		insert(t, db, e)
		got, _, err := db.Get(t.Context(), e.ID)
		require.NoError(t, err)
		require.Equal(t, string(e.Attributes), string(got.Attributes))
	})
}

// The documents are as earlier builds stored them.
func TestDB_ReadsAttributesOfEarlierBuilds(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewMongo(t)
	db, events := openURL(t, url), collection(t, url)
	for name, c := range map[string]struct{ stored, want string }{
		"empty": {`{}`, `{}`},
		"nested": {`{"a":{"b":[{"$numberLong":"1"},{"%array":[{"$numberLong":"2"},{"c":null}]},{}],"d":[]},"e":true,"f":false,"g":null}`,
			`{"a":{"b":[1,[2,{"c":null}],{}],"d":[]},"e":true,"f":false,"g":null}`},
		"whole numbers": {`{"n":[{"$numberInt":"7"},{"$numberLong":"9007199254740993"},{"$numberLong":"-9223372036854775808"}]}`,
			`{"n":[7,9007199254740993,-9223372036854775808]}`},
		"fractions": {`{"n":[{"$numberDouble":"0.1"},{"$numberDouble":"1E+300"},{"$numberDouble":"1E-07"},{"$numberDouble":"1.234567895E+08"},{"$numberDouble":"1E+20"}]}`,
			`{"n":[0.1,1e300,1e-7,123456789.5,1e20]}`},
		"exact numbers": {`{"n":[{"%number":"9223372036854775808"},{"%number":"0.1000000000000000000001"},{"%number":"-1e-400"}],"m":{"%number":"1e99999999999"}}`,
			`{"n":[9223372036854775808,0.1000000000000000000001,-1e-400],"m":1e99999999999}`},
		"odd keys": {`{"":1,"%24set":{"%24gt":""},"a%2Eb":2,"%25":3,"%252E":4,"%25number":"5","o":{"%25number":"5"},"p":{"%25array":[]},"é":6,"a$":7,"%00x":8,"_id":9}`,
			`{"":1,"$set":{"$gt":""},"a.b":2,"%":3,"%2E":4,"%number":"5","o":{"%number":"5"},"p":{"%array":[]},"é":6,"a$":7,"\u0000x":8,"_id":9}`},
		"strings": {`{"s":["","\u0000","<&>","line\nfeed","𝄞\u2028","\"\\"]}`, `{"s":["","\u0000","<&>","line\nfeed","𝄞\u2028","\"\\"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEvent(name, summer)
			insert(t, db, e)
			var stored bson.D
			require.NoError(t, bson.UnmarshalExtJSON([]byte(c.stored), true, &stored))
			_, err := events.UpdateByID(t.Context(), e.ID.String(), bson.D{{Key: "$set", Value: bson.D{{Key: "attributes", Value: stored}}}})
			require.NoError(t, err)

			got, _, err := db.Get(t.Context(), e.ID)
			require.NoError(t, err)
			requireSameJSON(t, c.want, got.Attributes)
			next := *got
			next.Version++
			require.NoError(t, db.Replace(t.Context(), &next))
			again, _, err := db.Get(t.Context(), e.ID)
			require.NoError(t, err)
			require.Equal(t, &next, again)
		})
	}
}

func collection(t *testing.T, url string) *mongodriver.Collection {
	t.Helper()
	client, err := mongodriver.Connect(options.Client().ApplyURI(url))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.Background())) })
	database := url[strings.LastIndexByte(url, '/')+1:]
	return client.Database(database).Collection("events")
}

func TestDB_KeepsAnyAttributes(t *testing.T) {
	t.Parallel()
	db := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		raw, err := json.Marshal(object(3).Draw(rt, "attributes"))
		require.NoError(rt, err)
		e := newEvent("any", summer)
		e.Attributes = raw
		inserted, err := db.Insert(t.Context(), e)
		require.NoError(rt, err)
		require.True(rt, inserted)
		got, _, err := db.Get(t.Context(), e.ID)
		require.NoError(rt, err)
		requireSameJSON(rt, string(raw), got.Attributes)
	})
}

func object(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(rapid.String(), value(depth), 0, 5)
}

func value(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64().AsAny(), rapid.Just[any](nil),
	}
	if depth > 0 {
		kinds = append(kinds, object(depth-1).AsAny(), rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 0, 5).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func deep(levels int) string {
	return `{"a":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + `}`
}

// requireSameJSON compares the values, numbers exactly.
func requireSameJSON(t require.TestingT, want string, got json.RawMessage) {
	require.True(t, json.Valid(got), "%s", got)
	require.Equal(t, exact(t, []byte(want)), exact(t, got))
}

func exact(t require.TestingT, raw []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	require.NoError(t, decoder.Decode(&v))
	return exactNumbers(v)
}

func exactNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = exactNumbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = exactNumbers(inner)
		}
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok && !strings.Contains(v.String(), "99999999999") {
			return r.RatString()
		}
	}
	return v
}
