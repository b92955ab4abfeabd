package eventra

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzSeatName names seats. The name of a valid seat tells its section, row and
// number, and a layout finds the seat by this name and by no other.
func FuzzSeatName(f *testing.F) {
	f.Add("A", "3", 12, "A-3-12")
	f.Add("Loge 2.", "_", 1, "Loge 2.-_-01")
	f.Add("A-1", "2", 3, "A-1-2-3")
	f.Add("\u202e", "\x00", 0, "")
	f.Add("é", "e\u0301", 99_999, "é-é-99999")
	f.Add("ที่นั่ง", "র\u200d্য", 1, "ที่นั่ง-র\u200d্য-1")
	f.Fuzz(func(t *testing.T, section, row string, number int, asked string) {
		seat := Seat{Section: section, Row: row, Number: number, Price: Money{Amount: 1, Currency: "EUR"}}
		var faults Faults
		seat.Validate(&faults, "seat")
		if faults.Err() != nil {
			return
		}
		parts := strings.Split(seat.Name(), "-")
		require.Equal(t, []string{section, row, strconv.Itoa(number)}, parts)

		layout := NewLayout([]Seat{seat})
		_, known := layout.Find(CanonicalName(asked))
		require.Equal(t, CanonicalName(asked) == CanonicalName(seat.Name()), known)
		require.Equal(t, int32(0), layout.SectionNamed(CanonicalName(section)))

		labels := NewSeatLabels()
		_, _, alike := labels.Add(section, row)
		require.False(t, alike)
		_, _, alike = labels.Add(section, row)
		require.False(t, alike, "a label does not look like itself")
		if canonical := CanonicalName(section); canonical != section {
			_, _, alike = labels.Add(canonical, row)
			require.True(t, alike)
		}
	})
}
