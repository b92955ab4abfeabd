package contract

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// categories are the names of all of Unicode's, in order.
var categories = slices.Sorted(maps.Keys(unicode.Categories))

// lengths are around the limits of texts, names, addresses and bodies.
var lengths = []int{1, 8, 32, 33, 40, 50, 51, 72, 73, 100, 101, 128, 200, 201, 254, 255, 256, 1000, 4096, 10_000, 10_001, 16 << 10, 64 << 10, 70_000}

var words = []string{
	"", " ", "a", "A", "\x00", "a\x00b", "\t", "\r\n", "\u200b", "\u202e\u202d", "\ufeff", "e\u0301", "\u00e9", "ﬀ", "İ", "ß", "👩\u200d👩\u200d👧\u200d👦", "\U0010ffff",
	"\ufffd", "\u2028", "ᄀᄀᄀ각ᆨᆨ", "ก็็็็็็", "null", "true", "NaN", "0", "-1", "1e9", "$where", "$gt", "a.b", "__proto__", "constructor", "../../etc/passwd",
	"'; DROP TABLE bookings; --", "\\", "\"", "%00", "%s%n", "{{7*7}}", "<script>alert(1)</script>", "A-1-1", "A-1-1 ", "a-1-1", "А-1-1", "Ａ-1-1", "A-01-1", "A-1-01",
	"A--1", "-", "A-1-1-1", "x@[127.0.0.1]", "a@b", "user@bücher.example", "\"a b\"@example.org", "tok_ok", "tok_slow_1", "tok_slow_-1", "tok_slow_99999999999999999999",
	"Europe/Berlin", "Local", "../UTC", "US/Pacific", "EUR", "XXX", "ZZZ", "JPY", "HELD", "PUBLISHED",
	"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{01900000-0000-7000-8000-0000000000e1}", "urn:uuid:01900000-0000-7000-8000-0000000000e1",
}

var times = []string{
	"2030-05-01T19:30:00Z", "2030-05-01t19:30:00z", "2030-05-01T19:30:00", "2030-05-01 19:30:00Z", "2030-05-01", "2030-02-30T00:00:00Z", "2030-05-01T24:00:00Z",
	"2016-12-31T23:59:60Z", "2030-05-01T19:30:00+25:00", "2030-05-01T19:30:00-00:00", "2030-05-01T19:30:00+14:00", "2030-05-01T8:00:00Z", "2030-05-01T19:30:00,5Z",
	"2030-05-01T19:30:00.123456789012345678901234567890Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z",
	"-0001-01-01T00:00:00Z", "2262-04-12T00:00:00Z", "294277-01-01T00:00:00Z", "1700000000",
}

var numbers = []string{
	"0", "-0", "-1", "1", "2", "5", "1.0", "1e0", "10e-1", "1.5", "0.1", "4", "50", "51", "3600", "3601", "99999", "100000", "100001", "2147483647", "2147483648", "-2147483649",
	"9007199254740991", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1e400", "-1e400",
	"1e-400", "00", "+1", ".5", "1.", "0x10", "NaN", "Infinity", "1_000", "٣",
}

// word returns a text that may be hard to read, store or show.
func word(r *rand.Rand) string {
	switch r.IntN(6) {
	case 0:
		return strings.Repeat(pick(r, []string{"a", "ü", "𝒳", " ", "\u0301"}), pick(r, lengths))
	case 1:
		return pick(r, times)
	case 2, 3:
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteRune(runeOf(r, unicode.Categories[pick(r, categories)]))
		}
		return b.String()
	}
	return pick(r, words)
}

// runeOf returns any character of a table.
func runeOf(r *rand.Rand, table *unicode.RangeTable) rune {
	n := r.IntN(len(table.R16) + len(table.R32))
	if n < len(table.R16) {
		of := table.R16[n]
		return rune(int(of.Lo) + r.IntN(int((of.Hi-of.Lo)/of.Stride)+1)*int(of.Stride))
	}
	of := table.R32[n-len(table.R16)]
	return rune(int(of.Lo) + r.IntN(int((of.Hi-of.Lo)/of.Stride)+1)*int(of.Stride))
}

// quote writes a text as JSON, sometimes in escapes.
func quote(r *rand.Rand, text string) string {
	quoted, _ := json.Marshal(text)
	if r.IntN(8) > 0 {
		return string(quoted)
	}
	var b strings.Builder
	for _, c := range []byte(text) {
		if c >= 0x80 {
			return string(quoted)
		}
		b.WriteString(`\u00` + string("0123456789abcdef"[c>>4]) + string("0123456789aBcDeF"[c&15]))
	}
	return `"` + b.String() + `"`
}

// scrap is a piece of JSON, or nearly, that fits nowhere in particular.
func scrap(r *rand.Rand) string {
	switch r.IntN(7) {
	case 0:
		return pick(r, numbers)
	case 1:
		return pick(r, []string{"null", "true", "false", "{}", "[]", `""`, "[null]", `{"":null}`, `{"$gt":""}`, "nul", "'a'", "undefined", "", ",", "{", `"`})
	case 2: // no text: half of a surrogate pair, bytes that are no UTF-8, raw control characters
		return pick(r, []string{`"\ud800"`, `"\udc00\ud800"`, "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\x00\"", "\"a\nb\"", `"\u0000"`, `"\x41"`, `"\u12"`})
	case 3:
		return strings.Repeat(pick(r, []string{"[", `{"a":`}), pick(r, []int{2, 33, 100, 10_001}))
	case 4:
		depth := pick(r, []int{2, 31, 32, 33, 100, 5000})
		return strings.Repeat("[", depth) + strings.Repeat("]", depth)
	}
	return quote(r, word(r))
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// chance is true once in n times.
func chance(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

func digits(r *rand.Rand) string { return strconv.FormatUint(r.Uint64N(1e12), 10) }
