package eventra_test

import (
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func TestCanonicalName(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"A-1-1": "A-1-1", "Re\u0301-1-1": "Ré-1-1", "\u212b-1-1": "Å-1-1", "\u1100\u1161-1-1": "가-1-1", "ชั้น-๒-1": "ชั้น-๒-1", "": "", "\xff": "\xff",
	} {
		require.Equal(t, want, eventra.CanonicalName(typed), "%q", typed)
	}
}

// TestSeatLabels_LookAlikes: what people cannot tell apart, on a ticket or at a door,
// is one name.
func TestSeatLabels_LookAlikes(t *testing.T) {
	t.Parallel()
	for _, alike := range [][]string{
		{"A", "a", "А", "а", "Ａ", "Α", "𝐀"}, {"B", "В", "Β"}, {"H", "Н", "Η"}, {"N", "Ν"}, {"v", "ν"}, {"p", "р", "ρ"},
		{"1", "01", "001", "１", "١", "०१"}, {"0", "00", "O"}, {"10", "010", "1O", "IO"}, {"I", "1", "l"}, {"Row 7", "row 07", "ROW  7"}, {"A1", "A01"},
		{"Loge", "LOGE", "Lоge", "ｌｏｇｅ"}, {"Straße", "STRASSE"}, {"Ré", "Re\u0301"}, {"ﬁ", "fi"}, {"Ёлка", "ёлка"}, {"力", "カ"}, {"२०", "20"},
		{"র\u200d্য", "র্য"}, {"II", "Ⅱ", "ІІ"},
	} {
		for _, other := range alike[1:] {
			requireAlike(t, true, alike[0], other)
			requireAlike(t, true, other, alike[0])
		}
	}
	apart := []string{"A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "AA", "BB",
		"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "100", "101", "110", "Á", "Ä", "Å", "A1", "A 1", "A.1", "A_1", "Б", "Г", "Д", "Ж", "ก", "ข", "ค", "ด", "ต", "บ", "ป",
		"क", "ख", "कि", "की", "א", "ב", "ה", "ח", "ن", "ت", "土", "士", "が", "か"}
	for i, first := range apart {
		for _, second := range apart[i+1:] {
			requireAlike(t, false, first, second)
		}
	}
}

func requireAlike(t *testing.T, want bool, first, second string) {
	t.Helper()
	labels := eventra.NewSeatLabels()
	_, _, alike := labels.Add(first, "1")
	require.False(t, alike)
	label, other, alike := labels.Add(second, "1")
	require.Equal(t, want, alike, "sections %q and %q", first, second)
	if want {
		require.Equal(t, []string{second, first}, []string{label, other})
	}

	labels = eventra.NewSeatLabels()
	labels.Add("S", first)
	_, _, alike = labels.Add("S", second)
	require.Equal(t, want, alike, "rows %q and %q", first, second)
	_, _, alike = labels.Add("S", second)
	require.False(t, alike, "it is known by now")
	_, _, alike = labels.Add("Other", second)
	require.False(t, alike, "rows of other sections may have the same names")
}

// Canonical names of plain letters and digits cost nothing: every hold has some.
func TestCanonicalName_AllocatesNothingForASCII(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, func() { eventra.CanonicalName("BALCONY-12-34") }))
}

func BenchmarkCanonicalName(b *testing.B) {
	for _, name := range []string{"BALCONY-12-34", "Ränge-12-34", "ชั้น-๒-1"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				eventra.CanonicalName(name)
			}
		})
	}
}
