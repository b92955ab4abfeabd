package http

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/eventra/eventra"
)

func hashOf(t require.TestingT, body, secret string) string {
	sum, err := requestHash("POST /", []byte(body), secret)
	require.NoError(t, err)
	return string(sum[:])
}

func TestRequestHash_ComparesJSONValues(t *testing.T) {
	t.Parallel()
	for _, equal := range [][]string{
		{`{"a":1,"b":[true,null]}`, ` { "b" : [ true ,	null ] , "a" : 1 } ` + "\r\n"},
		{`{"a":{"x":1,"y":2},"b":0}`, `{"b":0,"a":{"y":2,"x":1}}`},
		{`"é/€😀"`, `"\u00e9\/\u20ac\ud83d\ude00"`, `"\u00E9/\u20AC\uD83D\uDE00"`},
		{`{"a":1}`, `{"\u0061":1}`},
		{`"\n\t"`, `"\u000a\u0009"`},
		{`120`, `120.0`, `1.2e2`, `1.2E+2`, `12000e-2`, `0.12e3`},
		{`0`, `-0`, `0.0`, `0e7`, `-0.00E-5`},
		{`-1.50`, `-15e-1`, `-0.15E1`},
		{`9007199254740993`, `9007199254740993.0`},
	} {
		for _, other := range equal[1:] {
			require.Equal(t, hashOf(t, equal[0], ""), hashOf(t, other, ""), "%s and %s", equal[0], other)
		}
	}
	all := []string{`{}`, `[]`, `""`, `0`, `null`, `true`, `false`, `{"a":1}`, `{"a":"1"}`, `{"A":1}`, `{"a":[1]}`, `[1,2]`, `[2,1]`, `[[1],2]`, `[12]`, `12`,
		`"12"`, `["a","b"]`, `["ab"]`, `{"a":null}`, `[null]`, `9007199254740993`, `9007199254740992`, `1e400`, `1e401`, `0.1`, `-0.1`, `10`, `1`,
		`"\u00e9"`, `"e\u0301"`, `1e99999999999999999999`, `{"a":{"b":1}}`, `{"a":{},"b":1}`}
	seen := map[string]string{}
	for _, body := range all {
		sum := hashOf(t, body, "")
		require.Empty(t, seen[sum], "%s and %s", body, seen[sum])
		seen[sum] = body
	}
}

func TestRequestHash_LeavesTheSecretMemberOut(t *testing.T) {
	t.Parallel()
	require.Equal(t, hashOf(t, `{"a":1,"password":"x"}`, "password"), hashOf(t, `{"password":{"y":[2]},"a":1}`, "password"))
	for _, other := range []string{`{"a":{"password":"y"}}`, `["password","y"]`, `{"a":"password"}`, `"password"`, `{"b":{"a":1,"password":"y"}}`} {
		require.Equal(t, hashOf(t, other, ""), hashOf(t, other, "password"))
	}
}

func TestRequestHash_RefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{`, `{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `{} {}`, `{"a":1}x`, `"` + "\xff" + `"`, `"\ud800"`, `01`, `+1`, `nul`, ` `,
		strings.Repeat("[", 20_000)} {
		_, err := requestHash("POST /", []byte(body), "")
		require.Equal(t, eventra.CodeMalformedBody, eventra.CodeOf(err), "%.20s", body)
	}
}

func TestCanonicalNumber_KeepsTheValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{0,20}`).Draw(t, "digits")
		zeros := rapid.IntRange(0, 5).Draw(t, "zeros")
		sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
		require.Equal(t, canonicalNumber(sign+digits), canonicalNumber(sign+digits+strings.Repeat("0", zeros)+"e-"+strconv.Itoa(zeros)))
		require.Equal(t, canonicalNumber(sign+digits), canonicalNumber(sign+"0."+strings.Repeat("0", zeros)+digits+"E"+strconv.Itoa(zeros+len(digits))))
		require.NotEqual(t, canonicalNumber(sign+digits), canonicalNumber(sign+digits+"1"))
	})
}
