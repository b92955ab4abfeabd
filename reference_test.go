package eventra_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/eventra/eventra"
)

// References are printed on tickets: their texts never change.
func TestReference_HasTheTextThatItAlwaysHad(t *testing.T) {
	t.Parallel()
	for number, text := range map[eventra.Reference]string{
		0:                        "",
		1:                        "BXQG-M6YZ",
		2:                        "W7JG-CHCC",
		3:                        "KGQQ-AR2Q",
		1_000_000:                "QK7M-ARHD",
		eventra.ReferenceMax / 2: "YNGT-V2FM",
		eventra.ReferenceMax:     "G2SZ-Z04Z",
	} {
		require.Equal(t, text, number.String(), "%d", int64(number))
	}
}

func TestParseReference_UndoesString(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := eventra.Reference(rapid.Int64Range(1, int64(eventra.ReferenceMax)).Draw(t, "number"))
		text := number.String()
		require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`, text)
		parsed, err := eventra.ParseReference(text)
		require.NoError(t, err)
		require.Equal(t, number, parsed)
	})
}

// Every text is that of one number at most: no two bookings share one.
func TestString_UndoesParseReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}`).Draw(t, "text")
		if number, err := eventra.ParseReference(text); err == nil {
			require.Equal(t, text, number.String())
		}
	})
}

func TestParseReference_ReadsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	text := eventra.Reference(4711).String()
	for _, written := range []string{text, strings.ToLower(text), strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(text, "-", " "),
		" " + text + "\t", text[:2] + "-" + text[2:]} {
		number, err := eventra.ParseReference(written)
		require.NoError(t, err, "%q", written)
		require.Equal(t, eventra.Reference(4711), number, "%q", written)
	}
	for misread, meant := range map[string]string{"I": "1", "l": "1", "i": "1", "L": "1", "O": "0", "o": "0"} {
		want, err := eventra.ParseReference("A" + meant + "CD-EFGH")
		require.NoError(t, err)
		got, err := eventra.ParseReference("A" + misread + "CD-EFGH")
		require.NoError(t, err)
		require.Equal(t, want, got, misread)
	}
}

func TestParseReference_RefusesAnythingElse(t *testing.T) {
	t.Parallel()
	const zero = "81S4-J0YD" // the number 0 would have it, which stands for none
	for _, text := range []string{"", "-", "ABCD-EFG", "ABCD-EFGHJ", "ABCD-EFGU", "ABCD_EFGH", "ÄBCD-EFGH", "ABCD-EFG\x00", "０BCD-EFGH", zero} {
		number, err := eventra.ParseReference(text)
		require.ErrorIs(t, err, eventra.ErrBadReference, "%q", text)
		require.True(t, number.IsZero())
	}
}

// Somebody who mishears a digit finds no booking rather than another one's, and nobody sees from
// two references how much was sold between them.
func TestReference_LooksNothingLikeItsNeighbour(t *testing.T) {
	t.Parallel()
	const pairs = 10_000
	same := 0
	for number := eventra.Reference(1); number <= pairs; number++ {
		a, b := number.String(), (number + 1).String()
		alike := 0
		for i := range a {
			if i != 4 && a[i] == b[i] {
				alike++
			}
		}
		require.Less(t, alike, 6, "%s, %s", a, b)
		same += alike
	}
	require.Less(t, same, pairs, "digits that are alike; one of 32 is by chance")
}

func TestReference_AppendTextAllocatesNothing(t *testing.T) {
	room := make([]byte, 0, 16)
	require.Zero(t, testing.AllocsPerRun(100, func() { room, _ = eventra.Reference(4711).AppendText(room[:0]) }))
}

func ExampleParseReference() {
	number, err := eventra.ParseReference(" cmkm 6dmm")
	fmt.Println(int64(number), number, err)
	// Output: 4711 CMKM-6DMM <nil>
}
